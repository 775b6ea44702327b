import { describe, expect, it, onTestFinished } from "vitest";
import { startControlPlane } from "../../support/control-plane/control-plane.ts";
import { ADMIN, startWithPeople } from "../../support/control-plane/people.ts";
import { inviteAndAccept, useControlPlane } from "../../support/page/beside.ts";
import { everythingHeld, lacksBrowser, openTab, useBrowser } from "../../support/page/browser.ts";
import { choose, rowOf, signIn } from "../../support/page/operator.ts";
import { tempDir } from "../../support/temp-dir.ts";

const browse = useBrowser();
const controlPlane = useControlPlane();
/** A browser logs each answer of 401. */
const UNAUTHORIZED = /status of 401/;

describe.skipIf(lacksBrowser)("people", () => {
  it("sign in where they came to, sign out, and a wrong password says so and is not kept", async () => {
    const { url } = controlPlane();
    const page = await browse({ mayLog: UNAUTHORIZED });
    await page.goto(`${url}/audit?action=api_key.created`);
    await page.getByLabel("E-mail").fill(ADMIN.email);
    await page.getByLabel("Password").fill("a wrong password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").getByText("Invalid email or password").waitFor();
    expect(await page.getByLabel("Password").inputValue()).toBe("");
    await page.getByLabel("Password").fill(ADMIN.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Audit" }).waitFor();
    expect(page.url()).toBe(`${url}/audit?action=api_key.created`);
    await page.getByRole("button", { name: "Your account" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await everythingHeld(page)).not.toContain(ADMIN.password);
  });

  it("another tab notices that the session has ended", async () => {
    const { url } = controlPlane();
    const page = await browse({ mayLog: UNAUTHORIZED });
    await signIn(page, url);
    const other = await openTab(page, { mayLog: UNAUTHORIZED });
    await other.goto(`${url}/executors`);
    await other.getByText("No executors yet").waitFor();
    await page.getByRole("button", { name: "Your account" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await other.getByRole("heading", { name: "Sign in" }).waitFor();
  });

  it("an invitation goes by its link: a new account, its role, and the list of members", async () => {
    const { url } = controlPlane();
    const page = await browse();
    await signIn(page, url, "/members");
    await page.getByRole("button", { name: "Invite" }).click();
    await page.getByLabel("E-mail").fill("grace@example.com");
    await page.getByRole("radio", { name: /^admin/ }).check();
    await page.getByRole("button", { name: "Create link" }).click();
    const link = (await page.getByRole("dialog").locator("code").textContent()) ?? "";
    expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/invitation\/\w+$/);
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByText("grace@example.com").waitFor();

    const guest = await browse();
    await guest.goto(link);
    await guest.getByText(/invites grace@example.com to/).waitFor();
    await guest.getByLabel("Your name").fill("Grace Hopper");
    await guest.getByLabel("Choose a password").fill("a password of hers");
    await guest.getByRole("button", { name: /^Join / }).click();
    await guest.getByRole("heading", { name: "Overview", exact: true }).waitFor();
    await guest.goto(`${url}/api-keys`);
    await guest.getByRole("button", { name: "New key" }).waitFor();
    await guest.goto(`${url}/members`);
    // An admin may change nothing of an owner, invites none, and one's own row leads elsewhere.
    await guest.getByRole("button", { name: "Invite" }).click();
    await guest.getByRole("radio", { name: /^admin/ }).waitFor();
    expect(await guest.getByRole("radio", { name: /^owner/ }).count()).toBe(0);
    await guest.getByRole("button", { name: "Cancel" }).click();
    await rowOf(guest, "admin").waitFor();
    expect(await rowOf(guest, "admin").getByRole("button").count()).toBe(0);
    expect(await rowOf(guest, "Grace Hopper").getByRole("button").count()).toBe(0);
    await rowOf(guest, "Grace Hopper").getByRole("link", { name: "your account" }).click();
    await guest.getByRole("heading", { name: "Your account" }).waitFor();
    await guest.goto(link);
    await guest.getByText("This invitation is not valid").waitFor();

    await rowOf(page, "Grace Hopper").waitFor();
    await (await choose(page, "Grace Hopper", "Change role")).getByRole("radio", { name: /^member/ }).check();
    await page.getByRole("button", { name: "Change role" }).click();
    await rowOf(page, "Grace Hopper").getByText("member", { exact: true }).waitFor();
    await guest.goto(`${url}/api-keys`);
    await guest.getByRole("heading", { name: "API keys", exact: true }).waitFor();
    await expect.poll(() => guest.getByRole("main").getByRole("button").count()).toBe(0);
    await (await choose(page, "Grace Hopper", "Remove")).getByRole("button", { name: "Remove" }).click();
    await rowOf(page, "Grace Hopper").waitFor({ state: "detached" });
  });

  it("an invitation can be cancelled, and its link stops working", async () => {
    const { url } = controlPlane();
    const page = await browse();
    await signIn(page, url, "/members");
    await page.getByRole("button", { name: "Invite" }).click();
    await page.getByLabel("E-mail").fill("mallory@example.com");
    await page.getByRole("radio", { name: /^owner/ }).check();
    await page.getByRole("button", { name: "Create link" }).click();
    const link = (await page.getByRole("dialog").locator("code").textContent()) ?? "";
    await page.getByRole("button", { name: "Done" }).click();
    const invited = page.getByRole("listitem").filter({ hasText: "mallory@example.com" });
    await invited.getByText(/\bowner\b/).waitFor();
    await invited.getByRole("button", { name: "Cancel this invitation" }).click();
    await page.getByRole("button", { name: "Cancel invitation" }).click();
    await invited.waitFor({ state: "detached" });
    const guest = await browse();
    await guest.goto(link);
    await guest.getByText("This invitation is not valid").waitFor();
  });

  it("with two organizations see one at a time, and choose which", async () => {
    const directory = tempDir();
    const before = await startControlPlane({ directory });
    for (const name of ["alpha", "beta"]) {
      await before.createOrganization(name);
      await before.createKey({ name: `key of ${name}`, org: name });
    }
    await before.stop();
    const both = await startWithPeople({ directory });
    onTestFinished(async () => void (await both.stop()));
    const page = await browse();
    await signIn(page, both.url);
    await rowOf(page, "key of alpha").waitFor();
    expect(await page.locator("tbody tr").count()).toBe(1);
    await page.getByLabel("Organization").selectOption({ label: "beta" });
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.getByRole("link", { name: "API keys", exact: true }).click();
    await rowOf(page, "key of beta").waitFor();
    expect(await page.locator("tbody tr").count()).toBe(1);
  });

  it("change their password", async () => {
    const { url } = controlPlane();
    const person = await inviteAndAccept(url, "changing@example.com", "member");
    const page = await browse();
    await signIn(page, url, "/api-keys", person);
    await page.getByRole("button", { name: "Your account" }).click();
    await page.getByRole("menuitem", { name: "Profile, password, sign-ins" }).click();
    await page.getByRole("button", { name: "Change password" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Current password").fill(person.password);
    await dialog.getByLabel("New password").fill("quite another password");
    await dialog.getByRole("button", { name: "Change password" }).click();
    await dialog.waitFor({ state: "detached" });
    const other = await browse();
    await signIn(other, url, "/api-keys", { ...person, password: "quite another password" });
  });
});
