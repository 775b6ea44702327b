import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { eventually } from "../../../support/eventually.ts";
import { expectAccessible } from "../../../support/page/axe.ts";
import { adminAtWork, issueKey, keepSyncing, syncAs, useControlPlane } from "../../../support/page/beside.ts";
import { everythingHeld, lacksBrowser, openTab, useBrowser } from "../../../support/page/browser.ts";
import {
  choose,
  createKey,
  rowOf,
  shownKey,
  signIn,
  statusOf,
  storeKey,
} from "../../../support/page/operator.ts";
import { CLOCK, CLOCK_MINUTE, DATE_SUFFIX } from "../../../support/page/times.ts";

const browse = useBrowser();
const controlPlane = useControlPlane({ env: { HEARTBEAT_TIMEOUT_MS: "600000" } });
const DAY_MS = 86_400_000;

async function serving(name: string, executors: readonly string[], lastsMs?: number) {
  const { url } = controlPlane();
  const admin = await adminAtWork(url);
  const key = await issueKey(admin, {
    name,
    ...(lastsMs === undefined ? {} : { expiresAt: Date.now() + lastsMs }),
  });
  for (const executor of executors) {
    expect(await syncAs(url, key.secret, executor)).toBe(200);
  }
  return key;
}

describe.skipIf(lacksBrowser)("a rotation, from the executor's page", () => {
  it("is four clicks: the choice, the key, its arrival and the end of the old key in one dialog", async () => {
    const { url } = controlPlane();
    const old = await serving("one scene", ["scene-1"]);
    const stop = keepSyncing(url, old.secret, "scene-other");
    const page = await browse();
    await signIn(page, url, "/executors?search=scene-1");
    await page.getByRole("link", { name: "scene-1" }).click();
    let clicks = 0;
    const click = async (name: string) => {
      await page.getByRole("button", { name, exact: true }).last().click();
      clicks += 1;
    };
    await click("Rotate key");
    const dialog = page.getByRole("dialog");
    await dialog
      .getByText(new RegExp(`scene-1 and scene-other need the new key by ${CLOCK_MINUTE}\\.$`, "u"))
      .first()
      .waitFor();
    // Nothing is preselected, and without a choice nothing is rotated.
    expect(await dialog.getByRole("radio", { checked: true }).count()).toBe(0);
    await dialog.getByRole("button", { name: "Rotate" }).click();
    expect(await dialog.getByRole("heading").textContent()).toBe("Rotate one scene?");
    await dialog.getByLabel("Keep it for 1 h").check();
    clicks += 1;
    await click("Rotate");
    const { secret } = await shownKey(page);
    const commands = await dialog.locator(".copy-block code").allTextContents();
    expect(commands.slice(0, 2)).toEqual(["sudo novacula-agent set-key", secret]);
    await dialog.getByText("waiting for scene-1…").waitFor();
    await expectAccessible(page);
    expect(await syncAs(url, secret, "scene-1")).toBe(200);
    await dialog.getByText(new RegExp(`^scene-1 is on it since ${CLOCK}$`, "u")).waitFor();
    // The other one is not forgotten, and so the old key is not offered up yet.
    await dialog.getByText("waiting for scene-other…").waitFor();
    expect(await dialog.getByRole("button", { name: "Revoke the old key" }).count()).toBe(0);
    await dialog.getByRole("button", { name: "I’ve stored this key" }).waitFor();
    expect(await dialog.getByText(secret, { exact: true }).isVisible()).toBe(true);
    await stop();
    expect(await syncAs(url, secret, "scene-other")).toBe(200);
    await dialog.getByRole("button", { name: "Revoke the old key" }).waitFor();
    await expectAccessible(page);
    await click("Revoke the old key");
    expect(clicks).toBe(4);
    await dialog.getByText(/^The old key, one scene [0-9a-f]{8}, is revoked\.$/).waitFor();
    await page.keyboard.press("Escape");
    await dialog.getByRole("button", { name: "Done" }).click();
    await dialog.waitFor({ state: "detached" });
    // Nothing is left to do, so nothing is left of it.
    expect(await page.getByRole("region", { name: /^Progress/ }).count()).toBe(0);
    expect(await syncAs(url, old.secret, "scene-1")).toBe(401);
  });

  it("revokes the old key in the same step where nobody is on it, without a question", async () => {
    const { url } = controlPlane();
    await serving("nobody on it", []);
    const page = await browse();
    await signIn(page, url);
    const dialog = await choose(page, "nobody on it", "Rotate");
    await dialog.getByText("so the old key is revoked in the same step").waitFor();
    expect(await dialog.getByRole("radio").count()).toBe(0);
    await dialog.getByRole("button", { name: "Rotate" }).click();
    await storeKey(page);
    await statusOf(page, "nobody on it").getByText("Revoked").waitFor();
  });

  it("says why a host that tried the new key was refused", async () => {
    const { url } = controlPlane();
    const held = await serving("held by one", ["holder"]);
    const page = await browse();
    await signIn(page, url, `/api-keys/${held.id}`);
    await page.getByRole("button", { name: "Rotate" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Keep it for 24 h").check();
    await dialog.getByRole("button", { name: "Rotate" }).click();
    const { secret } = await shownKey(page);
    await serving("of a stranger", ["stranger"]);
    expect(await syncAs(url, secret, "stranger")).toBe(403);
    await dialog
      .getByText(/^Refused .*, from 127\.0\.0\.1\. This key, or one .*, serves executor holder/)
      .waitFor();
    await dialog.getByText("waiting for holder…").waitFor();
    await storeKey(page);
    await page.getByText("waiting for holder…").waitFor();
    // If that key is lost on the way, another one is there: the old one cannot be rotated twice.
    await page.goto(`${url}/executors?search=holder`);
    await page.getByRole("link", { name: "holder", exact: true }).click();
    await page.getByRole("button", { name: "New key" }).click();
    await dialog.getByText("holder binds to this key on its next successful sync with it.").waitFor();
  });
});

it.skipIf(lacksBrowser)(
  "the old key is revoked although the dialog is closed before the answer",
  async () => {
    const { url } = controlPlane();
    const old = await serving("closed at once", ["closed-1"]);
    const page = await browse();
    await signIn(page, url, `/api-keys/${old.id}`);
    await page.getByRole("button", { name: "Rotate" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Keep it for 1 h").check();
    await dialog.getByRole("button", { name: "Rotate", exact: true }).click();
    const { secret } = await shownKey(page);
    expect(await syncAs(url, secret, "closed-1")).toBe(200);
    const { promise: isClosed, resolve: close } = Promise.withResolvers<void>();
    await page.route("**/graphql", async (route) => {
      if (route.request().postData()?.includes("mutation RevokeApiKey(") === true) {
        await isClosed;
      }
      await route.fallback().catch(() => undefined);
    });
    await dialog.getByRole("button", { name: "Revoke the old key" }).click();
    await storeKey(page);
    close();
    await eventually(async () => (await syncAs(url, old.secret, "closed-1")) === 401, {
      describe: "the old key is revoked",
    });
  },
);

describe.skipIf(lacksBrowser)("the expiry of a rotated key", () => {
  it.each([2, 40])(
    "stays at %i days, which the dialog says, and a new key with another one is there",
    async (days) => {
      const { url } = controlPlane();
      const old = await serving(`ends in ${days}`, [`ends-${days}`], days * DAY_MS);
      const page = await browse();
      await signIn(page, url, `/api-keys/${old.id}`);
      await page.getByRole("button", { name: "Rotate" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByText(new RegExp(`It expires in ${days} d, at \\d`)).waitFor();
      // No grace beyond the key's own end.
      await dialog.getByLabel("Keep it for 1 h").waitFor();
      expect(await dialog.getByLabel("Keep it for 7 d").count()).toBe(days > 7 ? 1 : 0);
      await dialog.getByRole("button", { name: "Create a key with another expiry instead" }).click();
      await page.getByRole("heading", { name: `New key for ends-${days}` }).waitFor();
      await dialog.getByRole("radio", { name: "365 days" }).check();
      await expectAccessible(page);
      await dialog.getByRole("button", { name: "Create" }).click();
      const { secret } = await shownKey(page);
      expect(await syncAs(url, secret, `ends-${days}`)).toBe(200);
      await dialog.getByRole("button", { name: "Revoke the old key" }).click();
      await storeKey(page);
      await page.getByRole("table", { name: "Executors that were on this key before" }).waitFor();
      await page.locator(".status-line").getByText("Revoked").waitFor();
      await page.goto(`${url}/api-keys`);
      await rowOf(page, `ends-${days}`).getByText("expires in 365 d").waitFor();
      await statusOf(page, `ends in ${days}`).getByText("Revoked").waitFor();
    },
  );

  it("that has passed: the same button creates the key that replaces it, one for each executor", async () => {
    const { url } = controlPlane();
    const old = await serving("expired", ["late-1", "late-2"], 6000);
    const page = await browse();
    await signIn(page, url, `/api-keys/${old.id}`);
    await page.locator(".status-line").getByText("Expired").waitFor();
    await page.getByRole("button", { name: "Replace" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText(/and an expired key cannot be rotated\. A new key replaces it\./).waitFor();
    await dialog.getByLabel("For").selectOption({ label: "late-2" });
    await dialog.getByRole("button", { name: "Create" }).click();
    const { secret } = await shownKey(page);
    expect(await syncAs(url, secret, "late-2")).toBe(200);
    await dialog.getByText(/late-2 is on it since/).waitFor();
    await storeKey(page);
    await page.getByText("One executor still on it, and refused:").waitFor();
    await page.goto(`${url}/executors?search=late-1`);
    await page.getByRole("link", { name: "late-1" }).click();
    await page.getByRole("button", { name: "New key" }).click();
    await page.getByRole("heading", { name: "New key for late-1" }).waitFor();
  });
});

describe.skipIf(lacksBrowser)("a follow-up", () => {
  it("never goes back to waiting, whatever is done with its key afterwards", async () => {
    const { url } = controlPlane();
    const first = await serving("first of back", ["back-1"]);
    const page = await browse();
    await signIn(page, url);
    const second = await createKey(page, { target: "back-1", name: "second of back" });
    expect(await syncAs(url, second.secret, "back-1")).toBe(200);
    const card = page.getByRole("region", { name: "Progress of second of back", exact: true });
    await card.getByText(/back-1 is on it since/).waitFor();
    await card.getByRole("button", { name: "Revoke the old key" }).waitFor();
    // It goes back to its first key, and then to a third.
    expect(await syncAs(url, first.secret, "back-1")).toBe(200);
    await card.getByText(/back-1 was on it at .* and is on the old key again/).waitFor();
    expect(await card.getByRole("button", { name: "Revoke the old key" }).count()).toBe(0);
    const dialog = await choose(page, "second of back", "Rotate");
    await dialog.getByRole("button", { name: "Rotate" }).click();
    const { secret: third } = await storeKey(page);
    expect(await syncAs(url, third, "back-1")).toBe(200);
    await card.getByText(/back-1 was on it at .* and is on another key now/).waitFor();
    expect(await card.getByText(/waiting for back-1/).count()).toBe(0);
    await page.reload();
    await card.getByText(/back-1 was on it at/).waitFor();
    await page.goto(`${url}/api-keys/${first.id}`);
    await page.getByText("you may revoke it").waitFor();
    await page.getByRole("link", { name: "API keys" }).first().click();
    await rowOf(page, new RegExp(`^second of back ${DATE_SUFFIX}$`, "u")).waitFor();
  });

  it("is the same in every tab: it comes, and goes, and a sign-out leaves nothing of it", async () => {
    const { url } = controlPlane();
    await serving("first of tabs", ["tabs-1"]);
    const page = await browse({ mayLog: /status of 401/ });
    await signIn(page, url);
    const other = await openTab(page, { mayLog: /status of 401/ });
    await other.goto(`${url}/api-keys`);
    await rowOf(other, "first of tabs").waitFor();
    const { secret } = await createKey(page, { target: "tabs-1", name: "second of tabs" });
    const card = (tab: Page, name: string) =>
      tab.getByRole("region", { name: `Progress of ${name}`, exact: true });
    await card(other, "second of tabs").getByText("waiting for tabs-1…").waitFor();
    expect(await syncAs(url, secret, "tabs-1")).toBe(200);
    await card(other, "second of tabs")
      .getByText(/tabs-1 is on it since/)
      .waitFor();
    // What another tab added is not lost.
    await createKey(other, { target: "tabs-1", name: "third of tabs" });
    await card(other, "second of tabs").getByRole("button", { name: "Dismiss second of tabs" }).click();
    await card(page, "third of tabs").waitFor();
    await card(page, "second of tabs").waitFor({ state: "detached" });
    await other.close();
    await page.reload();
    await card(page, "third of tabs").waitFor();
    await page.getByRole("button", { name: "Your account" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await everythingHeld(page)).not.toContain("of tabs");
  });
});

describe.skipIf(lacksBrowser)("the dialog with a new key", () => {
  it.each([
    ["of a key that nobody uses", [], ""],
    ["of one that several executors use", ["still-1", "still-2"], "Revoke it now"],
    ["of one that goes on for a while", ["still-3"], "Keep it for 24 h"],
  ])("%s stays as it is when the page hears who is on it", async (_what, executors, choice) => {
    const name = `stays in its place ${executors.length}`;
    await serving(name, executors);
    const page = await browse();
    await signIn(page, controlPlane().url, `/api-keys?search=${encodeURIComponent(name)}`);
    let answer = () => {};
    const isReleased = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route("**/graphql", async (route) => {
      if (route.request().postData()?.includes("key: apiKey(id: $key)") === true) {
        await isReleased;
      }
      await route.continue();
    });
    const rotation = await choose(page, name, "Rotate");
    if (executors.length > 0) {
      await rotation.getByLabel(choice).check();
    }
    await rotation.getByRole("button", { name: "Rotate" }).click();
    await shownKey(page);
    const button = page.getByRole("button", { name: "I’ve stored this key" });
    await page
      .getByText(/^looking (?:who|where) /u)
      .first()
      .waitFor();
    const before = await button.boundingBox();
    answer();
    await page
      .getByText(/^waiting for /u)
      .first()
      .waitFor();
    expect(await button.boundingBox()).toEqual(before);
    await storeKey(page);
  });
});
