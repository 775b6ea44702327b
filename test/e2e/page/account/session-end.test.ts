import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import { startControlPlane } from "../../../support/control-plane/control-plane.ts";
import { ADMIN, startWithPeople } from "../../../support/control-plane/people.ts";
import { expectAccessible } from "../../../support/page/axe.ts";
import { useControlPlane } from "../../../support/page/beside.ts";
import { lacksBrowser, openTab, useBrowser } from "../../../support/page/browser.ts";
import { rowOf, signIn, storeKey } from "../../../support/page/operator.ts";
import { tempDir } from "../../../support/temp-dir.ts";

const browse = useBrowser();
const controlPlane = useControlPlane();
/** A browser logs each answer of 401. */
const UNAUTHORIZED = /status of 401/;

function endAllSessions(): void {
  using database = new DatabaseSync(controlPlane().databasePath, { timeout: 5000 });
  database.exec("delete from session");
}

describe.skipIf(lacksBrowser)("the end of a session", () => {
  it("keeps what was typed in a dialog, says why, and goes on after the sign-in", async () => {
    const { url } = controlPlane();
    const page = await browse({ mayLog: UNAUTHORIZED });
    await signIn(page, url);
    await page.getByRole("button", { name: "New key" }).click();
    const dialog = page.getByRole("dialog", { name: "New key" });
    await dialog.getByLabel("Name").fill("typed before the end");
    await dialog.getByRole("radio", { name: "90 days" }).check();
    endAllSessions();
    const again = page.getByRole("dialog", { name: "Your session has ended" });
    await again.getByText("what you typed is kept").waitFor();
    await expectAccessible(page);
    expect(await again.getByLabel("E-mail").inputValue()).toBe(ADMIN.email);
    await again.getByLabel("Password").fill(ADMIN.password);
    await again.getByRole("button", { name: "Sign in" }).click();
    await again.waitFor({ state: "detached" });
    expect(await dialog.getByLabel("Name").inputValue()).toBe("typed before the end");
    expect(await dialog.getByRole("radio", { name: "90 days" }).isChecked()).toBe(true);
    await dialog.getByRole("button", { name: "Create" }).click();
    await storeKey(page);
    await rowOf(page, "typed before the end").waitFor();
  });

  it("goes on in the organization that the page shows, also if a new session begins in another", async () => {
    const directory = tempDir();
    const before = await startControlPlane({ directory });
    for (const name of ["alpha", "beta"]) {
      await before.createOrganization(name);
    }
    await before.stop();
    const both = await startWithPeople({ directory });
    onTestFinished(async () => void (await both.stop()));
    // A poll between the new session and its switch to beta is told of the other organization.
    const page = await browse({ mayLog: /status of 4(?:01|09)/ });
    await signIn(page, both.url);
    await page.getByLabel("Organization").selectOption({ label: "beta" });
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.getByRole("link", { name: "API keys", exact: true }).click();
    await page.getByRole("button", { name: "New key" }).click();
    const dialog = page.getByRole("dialog", { name: "New key" });
    await dialog.getByLabel("Name").fill("typed for beta");
    using database = new DatabaseSync(both.databasePath, { timeout: 5000 });
    database.exec("delete from session");
    const again = page.getByRole("dialog", { name: "Your session has ended" });
    await again.getByLabel("Password").fill(ADMIN.password);
    await again.getByRole("button", { name: "Sign in" }).click();
    await again.waitFor({ state: "detached" });
    expect(await page.getByText("Another tab switched").count()).toBe(0);
    await dialog.getByRole("button", { name: "Create" }).click();
    await storeKey(page);
    await rowOf(page, "typed for beta").waitFor();
    expect(await page.getByLabel("Organization").locator("option:checked").textContent()).toBe("beta");
  });

  it("keeps text in a form of the page, too, until it is discarded", async () => {
    const { url } = controlPlane();
    const page = await browse({ mayLog: UNAUTHORIZED });
    await signIn(page, url, "/connect");
    await page.getByLabel("Name").fill("half a name");
    endAllSessions();
    const again = page.getByRole("dialog", { name: "Your session has ended" });
    await again.getByRole("button", { name: "Discard it and leave" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await page.getByText("half a name").count()).toBe(0);
  });

  it("leaves nothing of the page where nothing was typed, and says why", async () => {
    const { url } = controlPlane();
    const page = await browse({ mayLog: UNAUTHORIZED });
    await signIn(page, url, "/members");
    await rowOf(page, "admin").waitFor();
    endAllSessions();
    await page.getByText("Your session has ended: it expired, or it was ended elsewhere.").waitFor();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await page.locator("tbody tr").count()).toBe(0);
    // Who signs out themselves is told nothing.
    const other = await openTab(page, { mayLog: UNAUTHORIZED });
    await signIn(other, url);
    await other.getByRole("button", { name: "Your account" }).click();
    await other.getByRole("menuitem", { name: "Sign out" }).click();
    await other.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await other.getByText("Your session has ended").count()).toBe(0);
  });
});
