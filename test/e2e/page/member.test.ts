import { DatabaseSync } from "node:sqlite";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { expectAccessible } from "../../support/page/axe.ts";
import {
  adminAtWork,
  inviteAndAccept,
  issueKey,
  syncAs,
  useControlPlane,
} from "../../support/page/beside.ts";
import { lacksBrowser, useBrowser } from "../../support/page/browser.ts";
import { signIn } from "../../support/page/operator.ts";

const browse = useBrowser();
const controlPlane = useControlPlane({ env: { HEARTBEAT_TIMEOUT_MS: "4000" } });
const DAY_MS = 86_400_000;
/** What changes something, or tells somebody to. */
const CHANGE = /^(?:Rotate|Revoke|Replace|Delete|New key|Connect|Give it|Invite|Remove|Change)/;

/** The links and buttons of the page that a member cannot or may not follow. */
function changes(page: Page): Promise<readonly string[]> {
  return page.locator("main").locator("a, button").filter({ hasText: CHANGE }).allTextContents();
}

describe.skipIf(lacksBrowser)("a member, who may only look", () => {
  it("reads on empty pages whom to ask", async () => {
    const { url } = controlPlane();
    const mia = await inviteAndAccept(url, "mia@example.com", "member", "Mia");
    const page = await browse();
    for (const [path, deed] of [
      ["/", "connect one"],
      ["/executors", "connect one"],
      ["/api-keys", "create one"],
      ["/connect", "connect an executor"],
    ] as const) {
      await (path === "/" ? signIn(page, url, path, mia) : page.goto(`${url}${path}`));
      await page.getByText(`Only owners and admins can ${deed}: ask admin.`).waitFor();
      expect(await changes(page)).toEqual([]);
      await expectAccessible(page);
    }
    expect(await page.getByRole("link", { name: "admin", exact: true }).getAttribute("href")).toBe(
      "mailto:admin%40example.com",
    );
  });

  it("reads what is wrong and whom to ask, and is offered nothing that is refused", async () => {
    const { url, databasePath } = controlPlane();
    const admin = await adminAtWork(url);
    const revoked = await issueKey(admin, { name: "of fra-1" });
    expect(await syncAs(url, revoked.secret, "fra-1")).toBe(200);
    await admin.graphql("mutation($id: ID!) { revokeApiKey(id: $id) { id } }", { id: revoked.id });
    expect(await syncAs(url, revoked.secret, "fra-1")).toBe(401);
    await issueKey(admin, { name: "ends soon", expiresAt: Date.now() + 2 * DAY_MS });
    const old = await issueKey(admin, { name: "forgotten" });
    {
      using database = new DatabaseSync(databasePath, { timeout: 5000 });
      const at = new Date(Date.now() - 100 * DAY_MS).toISOString();
      database.prepare("update apikey set createdAt = ? where id = ?").run(at, old.id);
    }
    await inviteAndAccept(url, "zoe@example.com", "admin", "Zoe");
    const mia = await inviteAndAccept(url, "mia2@example.com", "member", "Mia");
    const page = await browse();
    await signIn(page, url, "/", mia);
    for (const [name, look] of [
      ["fra-1", "See what to do"],
      ["ends soon", "See who uses it"],
      ["forgotten", "See who used it"],
    ] as const) {
      await page
        .locator(".problems li")
        .filter({ hasText: name })
        .getByRole("link", { name: new RegExp(`^${look} ?: ${name}$`) })
        .waitFor();
    }
    expect(await changes(page)).toEqual([]);
    await page.getByRole("link", { name: /^See what to do/ }).click();
    await page.getByText("Only owners and admins can create a new key for it: ask admin or Zoe.").waitFor();
    await page.getByText("With a new key, run on the host of fra-1:").waitFor();
    expect(await changes(page)).toEqual([]);
    await expectAccessible(page);
    await page.goto(`${url}/api-keys/${old.id}`);
    await page.getByText("Nobody is on it: it may be revoked.").waitFor();
    await page.getByText("Only owners and admins can revoke it: ask admin or Zoe.").waitFor();
    expect(await changes(page)).toEqual([]);
    for (const path of ["/api-keys", "/executors", "/audit", "/members"]) {
      await page.goto(`${url}${path}`);
      await page.locator("tbody tr").first().waitFor();
      expect({ path, changes: await changes(page) }).toEqual({ path, changes: [] });
    }
  });
});
