import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { expectAccessible } from "../../support/page/axe.ts";
import { adminAtWork, issueKey, keepSyncing, syncAs, useControlPlane } from "../../support/page/beside.ts";
import { lacksBrowser, useBrowser } from "../../support/page/browser.ts";
import {
  choose,
  createKey,
  rowOf,
  shownKey,
  signIn,
  statusOf,
  storeKey,
} from "../../support/page/operator.ts";
import { CLOCK } from "../../support/page/times.ts";

const browse = useBrowser();
const controlPlane = useControlPlane({ env: { HEARTBEAT_TIMEOUT_MS: "4000", MAX_EXECUTORS_PER_KEY: "200" } });

describe.skipIf(lacksBrowser)("executors, audit and connecting", () => {
  it("connects an executor: its key, the steps, and the moment it is online", async () => {
    const { url } = controlPlane();
    const page = await browse();
    await signIn(page, url, "/executors");
    await page.getByText("No executors yet").waitFor();
    await page.getByRole("main").getByRole("link", { name: "Connect an executor" }).first().click();
    await page.getByLabel("Name").fill("fresh");
    await page.getByLabel("Channel").selectOption({ label: "beta: candidates for the next release" });
    await page.getByRole("button", { name: "Create the key" }).click();
    const { secret } = await shownKey(page);
    const configuration = await page
      .getByRole("dialog")
      .locator("code", { hasText: "[agent]" })
      .textContent();
    await expectAccessible(page);
    expect(configuration).toMatch(/name {4}= "fresh"\nchannel = "beta"/);
    expect(configuration).toContain(`url = "${url}"`);
    // The key has one place: the prompt of set-key.
    expect(configuration).not.toContain("exc_");
    expect((await page.getByRole("dialog").locator("code").allTextContents()).slice(-2)).toEqual([
      "sudo novacula-agent set-key",
      secret,
    ]);
    await storeKey(page);
    await page.getByText("waiting for fresh…").waitFor();
    await expectAccessible(page);
    expect(await page.getByRole("main").textContent()).not.toContain(secret);
    expect(await syncAs(url, secret, "fresh", { channel: "beta" })).toBe(200);
    await page.getByText(new RegExp(`fresh has been online since ${CLOCK}$`, "u")).waitFor();
    // Nothing is left to do on its host.
    expect(await page.getByText("sudo novacula-agent set-key").count()).toBe(0);
    await page.getByRole("link", { name: "fresh", exact: true }).click();
    await page.getByRole("heading", { name: "fresh" }).waitFor();
    await page.getByText("1.4.0, beta").waitFor();
    // The warning finds the exact name among many that contain it.
    for (let n = 0; n < 101; n += 1) {
      expect(await syncAs(url, secret, `fresh ${n}`)).toBe(200);
    }
    await page.goto(`${url}/connect`);
    await page.getByLabel("Name").fill("fresh");
    await page
      .getByRole("status")
      .getByText(/There is already an executor fresh, (online|offline) on host/)
      .waitFor();
    await page.getByLabel("Name").fill("fresh too");
    await page.getByText("There is already an executor").waitFor({ state: "detached" });
  });

  it("shows a cloned host, a refused sync with its reason, and the keys used", async () => {
    const { url } = controlPlane();
    const admin = await adminAtWork(url);
    const first = await issueKey(admin, { name: "first of twin" });
    expect(await syncAs(url, first.secret, "twin")).toBe(200);
    const second = await issueKey(admin, { name: "second of twin", target: "twin" });
    const elsewhere = await issueKey(admin, { name: "of elsewhere" });
    expect(await syncAs(url, elsewhere.secret, "elsewhere")).toBe(200);
    expect(await syncAs(url, elsewhere.secret, "twin")).toBe(403);
    const stop = keepSyncing(
      url,
      second.secret,
      "twin",
      ["one", "two"].map((instanceId) => ({ instanceId, hostName: `host-${instanceId}` })),
    );
    const page = await browse();
    await signIn(page, url, "/executors");
    await rowOf(page, "twin").getByText("2 processes use this name").waitFor();
    await page.getByRole("link", { name: "twin", exact: true }).click();
    await page.getByText("2 processes sync under the name twin at the same time").waitFor();
    await page.getByText(/host-two \(/).waitFor();
    await page
      .getByText("this executor is bound to another key, and the key already serves others.")
      .waitFor();
    await page
      .locator(".notice")
      .getByText("This key, or one that shares its rotations, serves executor elsewhere")
      .waitFor();
    const history = page.getByRole("table", { name: "Keys used, newest first" });
    expect(await history.locator("tbody a").allTextContents()).toEqual([
      expect.stringMatching(/^second of twin [0-9a-f]{8}$/),
      expect.stringMatching(/^first of twin [0-9a-f]{8}$/),
    ]);
    await history.getByText("in use").waitFor();
    await stop();
    // Silent for longer than the heartbeat timeout: offline, and the warning is gone.
    await page.locator(".status-line").getByText("Offline").waitFor();
    await page.getByText("2 processes sync").waitFor({ state: "detached" });
  });

  it("the audit says who did what, and its URL carries the filter", async () => {
    const { url } = controlPlane();
    const page = await browse();
    await signIn(page, url);
    const from = dayInTheBrowser();
    await createKey(page, { name: "audited", days: 3 });
    await page.getByRole("link", { name: "Audit", exact: true }).click();
    const row = rowOf(page, "audited");
    await row.getByText("created key").waitFor();
    await row.getByText(/admin@example\.com/).waitFor();
    await row.getByText("via the page").waitFor();
    await row.getByText(/^expires .*\d{4}/).waitFor();
    await page.getByLabel("What (name or ID)").fill("audited");
    await expect.poll(() => page.locator("tbody tr").count()).toBe(1);
    await page.waitForURL((at) => at.search === "?target=audited");
    await page.getByLabel("Action").selectOption("api_key.deleted");
    await page.getByText("No event matches the filters.").waitFor();
    expect(new URL(page.url()).search).toBe("?target=audited&action=api_key.deleted");
    await page.goBack();
    await rowOf(page, "audited").waitFor();
    await page.goto(`${url}/audit?target=audited&from=${from}&to=${dayInTheBrowser()}`);
    await rowOf(page, "audited").waitFor();
    await page.goto(`${url}/audit?target=audited&to=2020-01-01`);
    await page.getByText("No event matches the filters.").waitFor();
    await page.getByRole("button", { name: "Clear" }).click();
    await rowOf(page, "audited").waitFor();
  });

  it("names an executor or invitation that does not exist", async () => {
    const { url } = controlPlane();
    const page = await browse();
    await signIn(page, url, "/executors/nothing");
    await page.getByText(/has no executor with this ID/).waitFor();
    // Half a character, as in a link that was cut off.
    await page.goto(`${url}/executors/%E0`);
    await page.getByText(/has no executor with this ID/).waitFor();
    await page.goto(`${url}/invitation/%E0`);
    await page.getByText("This invitation is not valid").waitFor();
  });

  it("shows a wrong link as not found, with a link that leads on", async () => {
    const { url } = controlPlane();
    const page = await browse({ mayLog: /status of 404/ });
    await signIn(page, url, "/executors");
    expect((await page.goto(`${url}/executors/one/two`))?.status()).toBe(404);
    await page.getByRole("heading", { name: "Page not found" }).waitFor();
    await page.getByRole("main").getByRole("link", { name: "overview" }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
  });

  it("deletes an executor that is offline, and with it the keys that serve only it", async () => {
    const { url } = controlPlane();
    const admin = await adminAtWork(url);
    const own = await issueKey(admin, { name: "of leaving" });
    const stop = keepSyncing(url, own.secret, "leaving");
    const page = await browse();
    await signIn(page, url, "/executors");
    await page.getByRole("link", { name: "leaving", exact: true }).click();
    await page.locator(".status-line").getByText("Online").waitFor();
    expect(await page.getByRole("button", { name: "Delete executor" }).count()).toBe(0);
    await stop();
    await page.getByRole("button", { name: "Delete executor" }).click();
    const dialog = page.getByRole("dialog");
    // It comes back while the dialog is open: the answer names the time as people read it.
    const stopAgain = keepSyncing(url, own.secret, "leaving");
    await dialog.getByText("It is online, and only an offline executor can be deleted").waitFor();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await dialog
      .getByText(
        /Executor leaving is online; .*it can be deleted from \d+ \w+ \d{4}, [\d:]+\s(CES?T|GMT\+[12])/,
      )
      .waitFor();
    expect(await dialog.textContent()).not.toMatch(/\d{4}-\d\d-\d\d[T ]\d/);
    await stopAgain();
    await dialog
      .getByText("It is online, and only an offline executor can be deleted")
      .waitFor({ state: "detached" });
    await dialog.getByText("One active key serves only this executor:").waitFor();
    await dialog.getByText("of leaving").waitFor();
    await dialog.getByText("registers again as a new executor").waitFor();
    await expectAccessible(page);
    const targeted = await issueKey(admin, { name: "made for leaving", target: "leaving" });
    await dialog.getByText("These active keys serve only this executor:").waitFor();
    const tick = dialog.getByLabel("Revoke them too");
    expect((await tick.boundingBox())?.width).toBeLessThan(24);
    await tick.check();
    await dialog.getByText("refuses the keys from then on").waitFor();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("heading", { name: "Executors" }).waitFor();
    await page.getByRole("link", { name: "leaving", exact: true }).waitFor({ state: "detached" });
    expect(await syncAs(url, own.secret, "leaving")).toBe(401);
    expect(await syncAs(url, targeted.secret, "leaving")).toBe(401);
    await page.getByRole("link", { name: "API keys" }).click();
    await rowOf(page, "of leaving").getByText("leaving, deleted").waitFor();
    await rowOf(page, "made for leaving").getByText("its target leaving was deleted").waitFor();
    expect(await statusOf(page, "of leaving").textContent()).toBe("Revoked");
    await page.getByRole("link", { name: "Audit", exact: true }).click();
    const event = rowOf(page, "leaving").filter({ hasText: "deleted executor" });
    await event.getByText("keys revoked with it").waitFor();
    const mentioned = await event.locator(".details .key-link .text").allTextContents();
    expect(mentioned.toSorted()).toEqual(["made for leaving", "of leaving"]);
    expect(await event.textContent()).not.toContain("[");
  });

  it("deletes an executor and keeps its keys, unless the box is ticked", async () => {
    const { url } = controlPlane();
    const admin = await adminAtWork(url);
    const own = await issueKey(admin, { name: "of coming back" });
    expect(await syncAs(url, own.secret, "coming back")).toBe(200);
    const page = await browse();
    await signIn(page, url, "/executors");
    await page.getByRole("link", { name: "coming back", exact: true }).click();
    await page.locator(".status-line").getByText("Offline").waitFor();
    await page.getByRole("button", { name: "Delete executor" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("heading", { name: "Executors" }).waitFor();
    await page.getByRole("link", { name: "coming back", exact: true }).waitFor({ state: "detached" });
    expect(await syncAs(url, own.secret, "coming back")).toBe(200);
    await page.getByRole("link", { name: "coming back", exact: true }).waitFor();
  });

  it("shows rows of the database that cannot be read as damaged, and all others as usual", async () => {
    const { url, databasePath } = controlPlane();
    const admin = await adminAtWork(url);
    const { secret } = await issueKey(admin, { name: "of damaged" });
    expect(await syncAs(url, secret, "damaged")).toBe(200);
    await issueKey(admin, { name: "whole" });
    using database = new DatabaseSync(databasePath, { timeout: 5000 });
    database.exec("update apikey set expiresAt = 'soon' where name = 'of damaged'");
    database.exec("update executor set lastRefusal = '{' where name = 'damaged'");
    expect(await syncAs(url, secret, "damaged")).toBe(401);
    const page = await browse();
    await signIn(page, url);
    await rowOf(page, "of damaged").getByText("its row in the database is damaged: expiresAt").waitFor();
    expect(await statusOf(page, "of damaged").textContent()).toBe("Damaged");
    expect(await statusOf(page, "whole").textContent()).toBe("Active");
    await expectAccessible(page);
    await page.getByRole("link", { name: "damaged", exact: true }).click();
    await page.getByText("its row in the database is damaged: lastRefusal").waitFor();
    await expectAccessible(page);
    database.exec("update apikey set expiresAt = null where name = 'of damaged'");
    database.exec("update executor set lastRefusal = null where name = 'damaged'");
    await page
      .locator(".status-line")
      .getByText(/Online|Offline/)
      .waitFor();
  });

  it("says how long an executor stays online whose key is revoked, as this control plane has it", async () => {
    const { url } = controlPlane();
    const admin = await adminAtWork(url);
    const { secret } = await issueKey(admin, { name: "of lasting" });
    keepSyncing(url, secret, "lasting");
    const page = await browse();
    await signIn(page, url);
    const dialog = await choose(page, "of lasting", "Revoke");
    await dialog.getByText("The page shows it offline within 4 s").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: "lasting", exact: true }).click();
    await page.getByRole("button", { name: "Revoke executor access" }).click();
    await page.getByRole("dialog").getByText("The page shows it offline within 4 s").waitFor();
  });

  it("XSS: every stored name is text, wherever it is shown", async () => {
    const { url } = controlPlane();
    const admin = await adminAtWork(url);
    const attack = "<img src=x onerror=alert(1)>";
    const { secret } = await issueKey(admin, { name: attack });
    expect(await syncAs(url, secret, `${attack} host`, { hostName: attack, publicHost: attack })).toBe(200);
    const page = await browse();
    page.on("dialog", () => expect.unreachable("a name was executed"));
    await signIn(page, url);
    await rowOf(page, attack)
      .getByRole("link", { name: `${attack} host` })
      .waitFor();
    expect(await page.locator("main img").count()).toBe(0);
    await page.getByRole("button", { name: `Actions for ${attack}` }).click();
    await page.getByRole("menuitem", { name: "Rotate" }).click();
    await page.getByRole("heading", { name: `Rotate ${attack}?` }).waitFor();
    await page.getByRole("dialog").getByText(`${attack} host is`).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: `${attack} host` }).click();
    await page.getByRole("heading", { name: `${attack} host` }).waitFor();
    await page.getByRole("link", { name: "Audit", exact: true }).click();
    await rowOf(page, attack).waitFor();
    expect(await page.locator("main img").count()).toBe(0);
    expect(await statusOf(page, attack).count()).toBe(0);
  });
});

/** `2026-11-29`: around midnight the day may change within a test. */
function dayInTheBrowser(): string {
  return new Date().toLocaleDateString("sv-SE", { timeZone: "Europe/Berlin" });
}
