import { describe, expect, it } from "vitest";
import { eventually } from "../../../support/eventually.ts";
import { expectAccessible } from "../../../support/page/axe.ts";
import { adminAtWork, issueKey, keepSyncing, syncAs, useControlPlane } from "../../../support/page/beside.ts";
import { lacksBrowser, useBrowser } from "../../../support/page/browser.ts";
import { holdAnswers } from "../../../support/page/held-answers.ts";
import { choose, signIn } from "../../../support/page/operator.ts";

const browse = useBrowser();
const controlPlane = useControlPlane({ env: { HEARTBEAT_TIMEOUT_MS: "3000", MAX_EXECUTORS_PER_KEY: "200" } });

describe.skipIf(lacksBrowser)("revoking", () => {
  it("names everybody who is refused and when each notices, with the offline ones as such", async () => {
    const { url } = controlPlane();
    const { secret } = await issueKey(await adminAtWork(url), { name: "shared by three" });
    expect(await syncAs(url, secret, "silent-1")).toBe(200);
    expect(await syncAs(url, secret, "silent-2")).toBe(200);
    // The last by name, and the first in the list: it is the one that goes offline.
    keepSyncing(url, secret, "vocal");
    const page = await browse();
    await signIn(page, url);
    const dialog = await choose(page, "shared by three", "Revoke");
    await dialog.getByText("3 executors will be refused:").waitFor();
    const silent = dialog.getByRole("listitem").filter({ hasText: "silent-2" });
    await silent.getByText(/^offline, last heard .* ago: notices when it is back$/).waitFor();
    const lines = await dialog.getByRole("listitem").allTextContents();
    expect(lines.map((line) => line.split(/(?=online|offline)/)[0])).toEqual([
      "vocal",
      "silent-1",
      "silent-2",
    ]);
    expect(lines[0]).toMatch(/^vocalonline: notices at its next heartbeat \(last (just now|\d s ago)\)$/);
    await dialog.getByText("offline within 3 s").waitFor();
    await expectAccessible(page);
  });

  it("the access of an executor names the others on its key, and revokes no more than said", async () => {
    const { url } = controlPlane();
    const admin = await adminAtWork(url);
    const shared = await issueKey(admin, { name: "shared by nine" });
    for (let n = 1; n <= 9; n += 1) {
      expect(await syncAs(url, shared.secret, `nine-${n}`)).toBe(200);
    }
    const alone = await issueKey(admin, { name: "of one alone" });
    expect(await syncAs(url, alone.secret, "alone")).toBe(200);
    const page = await browse();
    await signIn(page, url, "/executors?search=nine-4");
    await page.getByRole("link", { name: "nine-4" }).click();
    await page.getByRole("button", { name: "Revoke executor access" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("which nine-4 shares with 8 others").waitFor();
    expect(await dialog.getByRole("listitem").count()).toBe(9);
    await dialog.getByText("nine-9", { exact: true }).waitFor();
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Revoke access" }).click();
    await dialog.waitFor({ state: "detached" });
    expect(await syncAs(url, shared.secret, "nine-9")).toBe(401);
    expect(await syncAs(url, alone.secret, "alone")).toBe(200);
  });

  it("the access of an executor revokes nothing that was not shown: it may be on another key by now", async () => {
    const { url } = controlPlane();
    const admin = await adminAtWork(url);
    const first = await issueKey(admin, { name: "shown in the dialog" });
    expect(await syncAs(url, first.secret, "mover")).toBe(200);
    const page = await browse();
    await signIn(page, url, "/executors?search=mover");
    await page.getByRole("link", { name: "mover" }).click();
    await page.getByRole("button", { name: "Revoke executor access" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.locator("button.danger:not([aria-disabled])").waitFor();
    const held = await holdAnswers(page, "Executor");
    const second = await issueKey(admin, { name: "taken meanwhile", target: "mover" });
    expect(await syncAs(url, second.secret, "mover")).toBe(200);
    await dialog.getByText("shown in the dialog").waitFor();
    await dialog.getByRole("button", { name: "Revoke access" }).click();
    await dialog.getByText("executor mover is on another key by now, taken meanwhile").waitFor();
    expect(await syncAs(url, second.secret, "mover")).toBe(200);
    await held.release();
    await dialog.getByText("taken meanwhile", { exact: true }).waitFor();
    await dialog.getByRole("button", { name: "Revoke access" }).click();
    await dialog.waitFor({ state: "detached" });
    expect(await syncAs(url, second.secret, "mover")).toBe(401);
  });

  it("says it if there are more than it names, and if nobody is left", async () => {
    const { url } = controlPlane();
    const admin = await adminAtWork(url);
    const crowded = await issueKey(admin, { name: "crowded" });
    for (let n = 0; n < 104; n += 1) {
      // A hundred at once, and then ten a second: more get 429.
      await eventually(async () => (await syncAs(url, crowded.secret, `crowd-${n}`)) === 200, {
        describe: `crowd-${n} is enrolled`,
      });
    }
    await issueKey(admin, { name: "lonely" });
    const page = await browse();
    await signIn(page, url);
    const dialog = await choose(page, "crowded", "Revoke");
    await dialog.getByText("104 executors will be refused:").waitFor();
    await dialog.getByText("and 4 more").waitFor();
    await page.keyboard.press("Escape");
    await choose(page, "lonely", "Revoke");
    await dialog.getByText("No executor uses this key now, so nobody is refused.").waitFor();
  });
});
