import { describe, expect, it } from "vitest";
import { expectAccessible } from "../../support/page/axe.ts";
import {
  adminAtWork,
  inviteAndAccept,
  issueKey,
  syncAs,
  useControlPlane,
} from "../../support/page/beside.ts";
import { lacksBrowser, openTab, setHidden, useBrowser } from "../../support/page/browser.ts";
import { choose, createKey, rowOf, signIn, statusOf, storeKey } from "../../support/page/operator.ts";
import { DATE_SUFFIX } from "../../support/page/times.ts";

const browse = useBrowser();
const controlPlane = useControlPlane();

describe.skipIf(lacksBrowser)("the API keys page", () => {
  it("is calm with no keys, and says what to do", async () => {
    const page = await browse();
    await signIn(page, controlPlane().url);
    await page.getByRole("heading", { name: "No API keys yet" }).waitFor();
    await expectAccessible(page);
    await page.getByRole("link", { name: "connect an executor" }).click();
    await page.getByRole("heading", { name: "Connect an executor" }).waitFor();
  });

  it("counts the name by characters as it is typed, and creates nothing under a bad one", async () => {
    const page = await browse();
    await signIn(page, controlPlane().url);
    await page.getByRole("button", { name: "New key" }).click();
    const dialog = page.getByRole("dialog", { name: "New key" });
    await dialog.getByText("0 of 32 characters").waitFor();
    await dialog.getByRole("button", { name: "Create" }).click();
    expect(await dialog.getByLabel("Name").evaluate((input) => input.matches(":invalid"))).toBe(true);
    await dialog.getByLabel("Name").fill("🗝".repeat(33));
    await dialog.getByText("33 of 32 characters").waitFor();
    await dialog.getByRole("button", { name: "Create" }).click();
    expect(await dialog.getByRole("button", { name: "Create" }).isVisible()).toBe(true);
    await dialog.getByLabel("Name").fill("🗝".repeat(32));
    await dialog.getByText("32 of 32 characters").waitFor();
    await dialog.getByRole("button", { name: "Create" }).click();
    await storeKey(page);
    await rowOf(page, "🗝".repeat(32)).waitFor();
  });

  it("an expiry in days, or none; name with id and fingerprint, status, created, last used", async () => {
    const page = await browse();
    await signIn(page, controlPlane().url);
    await createKey(page, { name: "contractor", days: 30 });
    await createKey(page, { name: "for good" });
    await rowOf(page, "contractor").getByText("expires in 30 d").waitFor();
    const row = rowOf(page, "for good");
    await row.getByText("never expires").waitFor();
    // The fingerprint tells keys of one name apart; the ID is on the key's own page.
    expect(await row.locator("code").allTextContents()).toEqual([expect.stringMatching(/^[0-9a-f]{8}$/)]);
    expect(await statusOf(page, "for good").textContent()).toBe("Active");
    await row.getByText("never", { exact: true }).waitFor();
    await row.getByText("no executor yet").waitFor();
    const created = row.locator("time").first();
    expect(await created.getAttribute("title")).toMatch(/\d{4}, \d\d:\d\d:\d\d\s(CES?T|GMT\+[12])/);
  });

  it("a target pre-fills the name, but not over one that was typed", async () => {
    const { url } = controlPlane();
    const { secret } = await issueKey(await adminAtWork(url), { name: "of the target" });
    expect(await syncAs(url, secret, "target-1")).toBe(200);
    const page = await browse();
    await signIn(page, url);
    await page.getByRole("button", { name: "New key" }).click();
    const dialog = page.getByRole("dialog", { name: "New key" });
    await dialog.getByLabel("For", { exact: true }).selectOption({ label: "target-1" });
    expect(await dialog.getByLabel("Name").inputValue()).toBe("target-1");
    await dialog.getByText("target-1 binds to this key on its next successful sync with it.").waitFor();
    await dialog.getByLabel("Name").fill("my own");
    await dialog.getByLabel("For", { exact: true }).selectOption({ label: "New executor" });
    expect(await dialog.getByLabel("Name").inputValue()).toBe("my own");
    await dialog.getByLabel("For", { exact: true }).selectOption({ label: "target-1" });
    await dialog.getByRole("button", { name: "Create" }).click();
    await storeKey(page);
    await rowOf(page, "my own").getByText("waiting for target-1").waitFor();
  });

  it("shows the two executors that used a key last, then +N, and the last use", async () => {
    const { url } = controlPlane();
    const { secret } = await issueKey(await adminAtWork(url), { name: "shared" });
    const page = await browse();
    await signIn(page, url);
    await rowOf(page, "shared").getByText("never", { exact: true }).waitFor();
    for (const name of ["shared-1", "shared-2", "shared-3"]) {
      expect(await syncAs(url, secret, name)).toBe(200);
    }
    await rowOf(page, "shared").getByText("+1").waitFor();
    expect(await rowOf(page, "shared").locator(".used-by a").allTextContents()).toHaveLength(2);
    await rowOf(page, "shared")
      .getByText(/^(just now|\d+ s ago)$/)
      .last()
      .waitFor();

    const dialog = await choose(page, "shared", "Revoke");
    await dialog.getByText("3 executors will be refused:").waitFor();
    expect(await dialog.getByRole("listitem").count()).toBe(3);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect(await statusOf(page, "shared").textContent()).toBe("Active");
  });

  it("a rotation keeps the expiry and replaces the date suffix; the old key is revoked", async () => {
    const { url } = controlPlane();
    const expiresAt = Date.now() + 12 * 86_400_000;
    await issueKey(await adminAtWork(url), { name: "prod 250101", expiresAt });
    const page = await browse();
    await signIn(page, url);
    const dialog = await choose(page, "prod 250101", "Rotate");
    await dialog.getByText(/It expires in 12 d, at /).waitFor();
    await dialog.getByRole("button", { name: "Rotate" }).click();
    await storeKey(page);
    await rowOf(page, new RegExp(`^prod ${DATE_SUFFIX}$`, "u"))
      .getByText("expires in 12 d")
      .waitFor();
    expect(await statusOf(page, "prod 250101").textContent()).toBe("Revoked");
  });

  it("revoke keeps the row, delete is for revoked keys alone, and nothing else can be done", async () => {
    const { url } = controlPlane();
    await issueKey(await adminAtWork(url), { name: "retired" });
    const page = await browse();
    await signIn(page, url);
    await page.getByRole("button", { name: "Actions for retired" }).click();
    expect(await page.getByRole("menuitem").allTextContents()).toEqual([
      "Rotate",
      "Revoke",
      "DeleteRevoke it first",
    ]);
    await page.getByRole("menuitem", { name: "Delete" }).click({ force: true });
    expect(await page.getByRole("dialog").count()).toBe(0);
    await page.keyboard.press("Escape");
    await (await choose(page, "retired", "Revoke")).getByRole("button", { name: "Revoke" }).click();
    await statusOf(page, "retired").getByText("Revoked").waitFor();
    const dialog = await choose(page, "retired", "Delete");
    await dialog.getByText("The key disappears from the list").waitFor();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await rowOf(page, "retired").waitFor({ state: "detached" });
  });

  it("shows a change at once, even if a look was under way when it was made", async () => {
    const { url } = controlPlane();
    await issueKey(await adminAtWork(url), { name: "seen late" });
    const page = await browse();
    await signIn(page, url);
    const dialog = await choose(page, "seen late", "Revoke");
    const held = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    await page.route("**/graphql", async (route) => {
      if (!(route.request().postData() ?? "").includes("query ApiKeys(")) {
        return route.continue();
      }
      const response = await route.fetch();
      held.resolve();
      await release.promise;
      return route.fulfill({ response });
    });
    await held.promise;
    // From now on the page looks again only when something changed.
    await setHidden(page, true);
    await dialog.getByRole("button", { name: "Revoke" }).click();
    await dialog.waitFor({ state: "detached" });
    release.resolve();
    await statusOf(page, "seen late").getByText("Revoked").waitFor();
    await page.unrouteAll({ behavior: "wait" });
  });

  it("a member sees everything and no action", async () => {
    const { url } = controlPlane();
    await issueKey(await adminAtWork(url), { name: "seen by all" });
    const page = await browse();
    await signIn(page, url, "/api-keys", await inviteAndAccept(url, "member@example.com", "member"));
    await rowOf(page, "seen by all").waitFor();
    const main = page.getByRole("main");
    expect(await main.getByRole("button").count()).toBe(0);
    await page.getByRole("link", { name: "Executors" }).click();
    await main.getByRole("link", { name: "shared-1" }).click();
    await page.getByRole("heading", { name: "shared-1" }).waitFor();
    // Only what copies a command.
    expect(await main.getByRole("button").filter({ hasNotText: "Copy" }).count()).toBe(0);
    await page.getByRole("link", { name: "Members" }).click();
    await rowOf(page, "member@example.com").waitFor();
    expect(await main.getByRole("button").count()).toBe(0);
    await page.goto(`${url}/connect`);
    await page.getByText(/Only owners and admins can connect an executor: ask admin/).waitFor();
  });

  it("tells the second of two admins who rotate one key", async () => {
    const { url } = controlPlane();
    await issueKey(await adminAtWork(url), { name: "contested" });
    const first = await browse();
    await signIn(first, url);
    const second = await openTab(first);
    await second.goto(`${url}/api-keys`);
    const late = await choose(second, "contested", "Rotate");
    await (await choose(first, "contested", "Rotate")).getByRole("button", { name: "Rotate" }).click();
    await storeKey(first);
    await late.getByRole("button", { name: "Rotate" }).click();
    await late
      .getByRole("alert")
      .getByText(/only an active key can be rotated/)
      .waitFor();
    await expectAccessible(second);
    expect(await late.locator("code").filter({ hasText: /^exc_/ }).count()).toBe(0);
  });

  it("stays calm with 500 keys: a page of 50 at a time, and a search", async () => {
    const { url } = controlPlane();
    const admin = await adminAtWork(url);
    for (let count = 0; count < 500; count += 1) {
      await issueKey(admin, { name: `bulk-${count}` });
    }
    const page = await browse();
    await signIn(page, url);
    await rowOf(page, "bulk-499").waitFor();
    expect(await page.locator("tbody tr").count()).toBe(50);
    await page.getByRole("link", { name: "Next" }).click();
    await rowOf(page, "bulk-449").waitFor();
    expect(await page.locator("tbody tr").count()).toBe(50);
    await page.goBack();
    await rowOf(page, "bulk-499").waitFor();
    await page.getByLabel("Find a key by name, ID or fingerprint").fill("bulk-37");
    await rowOf(page, "bulk-37").waitFor();
    await expect.poll(() => page.locator("tbody tr").count()).toBe(11);
    await page.getByLabel("Find a key by name, ID or fingerprint").fill("nothing like it");
    await page.getByText("No key matches “nothing like it”.").waitFor();
  });
});
