import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { expectAccessible } from "../../support/page/axe.ts";
import { adminAtWork, issueKey, keepSyncing, syncAs, useControlPlane } from "../../support/page/beside.ts";
import { lacksBrowser, useBrowser } from "../../support/page/browser.ts";
import { rowOf, signIn } from "../../support/page/operator.ts";
import { CLOCK } from "../../support/page/times.ts";

const browse = useBrowser();
const controlPlane = useControlPlane({ env: { HEARTBEAT_TIMEOUT_MS: "9000" } });
const DAY_MS = 86_400_000;

describe.skipIf(lacksBrowser)("the overview", () => {
  it("is the first page: from nothing, over all is well, to each problem with its sentence", async () => {
    const { url, databasePath } = controlPlane();
    const admin = await adminAtWork(url);
    const page = await browse();
    await signIn(page, url, "/");
    await page.getByRole("heading", { name: "No executors yet" }).waitFor();
    await expectAccessible(page);
    const good = await issueKey(admin, { name: "of good" });
    keepSyncing(url, good.secret, "good");
    await page.getByText("Every executor is online (1).").waitFor();
    await expectAccessible(page);

    const revoked = await issueKey(admin, { name: "of knocking" });
    expect(await syncAs(url, revoked.secret, "knocking")).toBe(200);
    await admin.graphql("mutation($id: ID!) { revokeApiKey(id: $id) { id } }", { id: revoked.id });
    expect(await syncAs(url, revoked.secret, "knocking")).toBe(401);
    const silent = await issueKey(admin, { name: "of silent" });
    expect(await syncAs(url, silent.secret, "silent")).toBe(200);
    const twin = await issueKey(admin, { name: "of twin" });
    keepSyncing(
      url,
      twin.secret,
      "twin",
      ["a", "b"].map((instanceId) => ({ instanceId, hostName: `host-${instanceId}` })),
    );
    await issueKey(admin, { name: "ends soon", expiresAt: Date.now() + 2 * DAY_MS });
    const old = await issueKey(admin, { name: "forgotten" });
    {
      using database = new DatabaseSync(databasePath, { timeout: 5000 });
      const at = new Date(Date.now() - 100 * DAY_MS).toISOString();
      database.prepare("update apikey set createdAt = ? where id = ?").run(at, old.id);
    }
    const problem = (name: string) => page.locator(".problems li").filter({ hasText: name });
    await problem("knocking")
      .getByText(/^key revoked .* ago, refused .* from 127\.0\.0\.1 with key [0-9a-f]{8}$/)
      .waitFor();
    await problem("twin")
      .getByRole("link", { name: /^Compare them ?: twin$/ })
      .waitFor();
    await problem("silent")
      .getByText(new RegExp(`^silent since ${CLOCK}$`, "u"))
      .waitFor();
    await problem("ends soon").getByText("expires in 2 d").waitFor();
    await problem("forgotten")
      .getByText(/^never used, created/)
      .waitFor();
    // Each is one problem: what is refused is not listed again as offline or as a refused key.
    expect(await problem("knocking").count()).toBe(1);
    expect(await problem("forgotten").count()).toBe(1);
    await expectAccessible(page);
    await problem("knocking")
      .getByRole("link", { name: /^Give it a key ?: knocking$/ })
      .click();
    await page.getByRole("button", { name: "New key" }).waitFor();
  });

  it("counts are links to the lists that they count", async () => {
    const { url } = controlPlane();
    const page = await browse();
    await signIn(page, url, "/");
    const count = (words: RegExp) => page.locator("a.count").filter({ hasText: words });
    await count(/^1 ?not used for 90 days/).click();
    await rowOf(page, "forgotten").waitFor();
    await expect.poll(() => page.locator("tbody tr").count(), { timeout: 20_000 }).toBe(1);
    expect(await page.getByLabel("Status").inputValue()).toBe("unused");
    await page.goBack();
    await count(/expire within 14 days/).click();
    await rowOf(page, "ends soon").waitFor();
    await page.getByText("1 key", { exact: true }).waitFor();
    await page.goBack();
    await count(/offline/).click();
    await rowOf(page, "silent").waitFor();
    await rowOf(page, "knocking").waitFor();
    expect(await page.getByText("Online", { exact: true }).and(page.locator(".badge")).count()).toBe(0);
  });
});
