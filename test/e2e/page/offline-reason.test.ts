import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { expectAccessible } from "../../support/page/axe.ts";
import { adminAtWork, issueKey, keepSyncing, syncAs, useControlPlane } from "../../support/page/beside.ts";
import { lacksBrowser, useBrowser } from "../../support/page/browser.ts";
import { rowOf, signIn } from "../../support/page/operator.ts";

const browse = useBrowser();
const controlPlane = useControlPlane({ env: { HEARTBEAT_TIMEOUT_MS: "4000" } });

const UNREADABLE = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d/;

async function openExecutor(page: Page, url: string, name: string): Promise<void> {
  await signIn(page, url, `/executors?search=${name}`);
  await page.getByRole("link", { name, exact: true }).click();
  await page.getByRole("heading", { name, exact: true }).waitFor();
}

function actions(page: Page): Promise<readonly string[]> {
  return page.locator(".page-actions button").allTextContents();
}

describe.skipIf(lacksBrowser)("an executor that is offline, or soon will be", () => {
  it("says that its key was revoked while it runs, and offers only what can work", async () => {
    const { url } = controlPlane();
    const admin = await adminAtWork(url);
    const { secret } = await issueKey(admin, { name: "of fra-1" });
    const stop = keepSyncing(url, secret, "fra-1");
    const page = await browse();
    await expect.poll(() => syncAs(url, secret, "fra-1"), { timeout: 20_000 }).toBe(200);
    await openExecutor(page, url, "fra-1");
    await page.locator(".status-line").getByText("Online").waitFor();
    await page.getByText("in use").waitFor();
    expect(await actions(page)).toEqual(["Rotate key", "Revoke executor access"]);
    await page.getByRole("button", { name: "Revoke executor access" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke access" }).click();
    await page.locator(".status-line").getByText("Going offline").waitFor();
    await page.getByText("fra-1 goes offline within 4 s: its key of fra-1 was revoked").waitFor();
    await expect.poll(() => page.getByText("in use").count(), { timeout: 20_000 }).toBe(0);
    await page
      .getByText(/Its host still asks: refused (just now|\d+ s ago) from 127\.0\.0\.1 with key/)
      .waitFor();
    await page.locator(".status-line").getByText("Offline").waitFor();
    await page.getByText("fra-1 is offline: its key of fra-1 was revoked").waitFor();
    expect(await actions(page)).toEqual(["New key", "Delete executor"]);
    expect(await page.getByRole("main").textContent()).not.toMatch(UNREADABLE);
    await expectAccessible(page);
    await stop();
    await page.getByRole("link", { name: "Executors", exact: true }).first().click();
    await rowOf(page, "fra-1")
      .getByText(/^key revoked/)
      .waitFor();
    await rowOf(page, "fra-1").getByText("still asks").waitFor();
  });

  it("says that its key has expired, or was deleted", async () => {
    const { url } = controlPlane();
    const admin = await adminAtWork(url);
    const short = await issueKey(admin, { name: "short", expiresAt: Date.now() + 6000 });
    expect(await syncAs(url, short.secret, "expiring")).toBe(200);
    const gone = await issueKey(admin, { name: "gone" });
    expect(await syncAs(url, gone.secret, "keyless")).toBe(200);
    await admin.graphql("mutation($id: ID!) { revokeApiKey(id: $id) { id } }", { id: gone.id });
    await admin.graphql("mutation($id: ID!) { deleteApiKey(id: $id) { id } }", { id: gone.id });
    const page = await browse();
    await openExecutor(page, url, "expiring");
    await page.getByText("expiring is offline: its key short has expired").waitFor();
    expect(await actions(page)).toEqual(["New key", "Delete executor"]);
    await page.goto(`${url}/executors?status=key_deleted`);
    await page.getByRole("link", { name: "keyless", exact: true }).click();
    await page.getByText("keyless is offline: its key gone was deleted").waitFor();
    await page.getByRole("button", { name: "New key" }).click();
    const dialog = page.getByRole("dialog", { name: "New key" });
    expect(await dialog.getByLabel("Name").inputValue()).toBe("keyless");
  });

  it("says since when it is silent, and that its host was refused for it", async () => {
    const { url } = controlPlane();
    const admin = await adminAtWork(url);
    const quiet = await issueKey(admin, { name: "of quiet" });
    expect(await syncAs(url, quiet.secret, "quiet")).toBe(200);
    const other = await issueKey(admin, { name: "of another" });
    expect(await syncAs(url, other.secret, "another")).toBe(200);
    const page = await browse();
    await openExecutor(page, url, "quiet");
    await page.getByText(/^quiet is offline: nothing has been heard of it since/).waitFor();
    await page.getByText("sudo novacula-agent doctor").waitFor();
    expect(await syncAs(url, other.secret, "quiet")).toBe(403);
    await page.getByText("quiet is offline: its host is refused").waitFor();
    await page
      .getByText(/refused (just now|\d+ s ago) from 127\.0\.0\.1 with key/)
      .first()
      .waitFor();
  });

  it("draws what became of it, with the same as a list", async () => {
    const { url } = controlPlane();
    const admin = await adminAtWork(url);
    const first = await issueKey(admin, { name: "first of moved" });
    expect(await syncAs(url, first.secret, "moved")).toBe(200);
    const second = await issueKey(admin, { name: "second of moved", target: "moved" });
    expect(await syncAs(url, second.secret, "moved")).toBe(200);
    const page = await browse();
    await openExecutor(page, url, "moved");
    const picture = page.getByRole("img", {
      name: /^Online for \d+ % of the time, 1 time offline, 0 times stopped, 1 change of the key/,
    });
    await picture.waitFor();
    const list = page.locator(".transitions li");
    await expect
      .poll(() => list.locator(".what").allTextContents(), { timeout: 20_000 })
      .toEqual([
        expect.stringMatching(/^Silent from then on|^On the key second of moved/),
        expect.stringMatching(/^Silent from then on|^On the key second of moved/),
        expect.stringMatching(/^Online from 127\.0\.0\.1 with key [0-9a-f]{8}$/),
      ]);
    await expectAccessible(page);
  });
});
