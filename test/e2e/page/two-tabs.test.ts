import type { Page } from "playwright-core";
import { describe, expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import { startControlPlane, type TestControlPlane } from "../../support/control-plane/control-plane.ts";
import { ADMIN, startWithPeople } from "../../support/control-plane/people.ts";
import { inviteAndAccept } from "../../support/page/beside.ts";
import { lacksBrowser, openTab, setHidden, useBrowser } from "../../support/page/browser.ts";
import { choose, rowOf, signIn, storeKey } from "../../support/page/operator.ts";
import { tempDir } from "../../support/temp-dir.ts";

const browse = useBrowser();
/** A browser logs each answer of 4xx. */
const CONFLICT = /status of 409/;

/** One person in two organizations; alpha, the first, has a key and a second member. */
async function twoOrganizations(): Promise<TestControlPlane> {
  const directory = tempDir();
  const before = await startControlPlane({ directory });
  for (const name of ["alpha", "beta"]) {
    await before.createOrganization(name);
    await before.createKey({ name: `key of ${name}`, org: name });
  }
  await before.stop();
  const controlPlane = await startWithPeople({ directory });
  onTestFinished(async () => void (await controlPlane.stop()));
  await inviteAndAccept(controlPlane.url, "grace@example.com", "member", "Grace Hopper");
  return controlPlane;
}

const audit = z.object({ events: z.array(z.object({ action: z.string(), actor: z.string() })) });

async function changesIn(controlPlane: TestControlPlane, org: string): Promise<readonly string[]> {
  const { events } = audit.parse(await controlPlane.management("audit", "list", "--org", org));
  return events.filter(({ actor }) => actor.includes(ADMIN.email)).map(({ action }) => action);
}

/** In a tab of its own. */
async function switchTo(page: Page, url: string, organization: string): Promise<Page> {
  const other = await openTab(page, { mayLog: CONFLICT });
  await other.goto(`${url}/audit`);
  await other.getByLabel("Organization").selectOption({ label: organization });
  await other.getByRole("heading", { name: "Overview", exact: true }).waitFor();
  return other;
}

const SAID = "Another tab switched to beta. This page still shows alpha";

describe.skipIf(lacksBrowser)("a tab whose organization another tab has switched", () => {
  it("creates no key in the other one, says why, keeps what was typed, and goes on when it is switched back", async () => {
    const controlPlane = await twoOrganizations();
    const page = await browse({ mayLog: CONFLICT });
    await signIn(page, controlPlane.url);
    await rowOf(page, "key of alpha").waitFor();
    await page.getByRole("button", { name: "New key" }).click();
    const dialog = page.getByRole("dialog", { name: "New key" });
    await dialog.getByLabel("Name").fill("typed for alpha");
    await switchTo(page, controlPlane.url, "beta");

    await page.bringToFront();
    await dialog.getByRole("button", { name: "Create" }).click();
    await dialog.getByRole("alert").getByText(SAID).waitFor();
    expect(await dialog.getByLabel("Name").inputValue()).toBe("typed for alpha");
    expect(await changesIn(controlPlane, "beta")).toEqual([]);

    await dialog.getByRole("button", { name: "Switch back to alpha" }).click();
    await dialog.getByRole("alert").waitFor({ state: "detached" });
    await dialog.getByRole("button", { name: "Create" }).click();
    await storeKey(page);
    await rowOf(page, "typed for alpha").waitFor();
    expect(await changesIn(controlPlane, "beta")).toEqual([]);
    expect(await changesIn(controlPlane, "alpha")).toContain("api_key.created");
  });

  it("revokes no key, invites, removes and promotes nobody, and goes to the other one when that is chosen", async () => {
    const controlPlane = await twoOrganizations();
    const page = await browse({ mayLog: CONFLICT });
    await signIn(page, controlPlane.url);
    const before = await changesIn(controlPlane, "alpha");
    const revoking = await choose(page, "key of alpha", "Revoke");
    const other = await switchTo(page, controlPlane.url, "beta");
    const refused = async (act: () => Promise<void>) => {
      await page.bringToFront();
      await act();
      await page.getByRole("dialog").getByRole("alert").getByText(SAID).waitFor();
      expect(await changesIn(controlPlane, "beta")).toEqual([]);
      expect(await changesIn(controlPlane, "alpha")).toEqual(before);
    };
    await refused(() => revoking.getByRole("button", { name: "Revoke", exact: true }).click());

    await page.getByRole("dialog").getByRole("button", { name: "Switch back to alpha" }).click();
    await page.getByRole("dialog").getByRole("alert").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Cancel" }).click();
    const dialogs: readonly (() => Promise<void>)[] = [
      async () => {
        await page.getByRole("button", { name: "Invite" }).click();
        await page.getByLabel("E-mail").fill("mallory@example.com");
      },
      async () =>
        (await choose(page, "Grace Hopper", "Change role")).getByRole("radio", { name: /^admin/ }).check(),
      async () => void (await choose(page, "Grace Hopper", "Remove")),
    ];
    const verbs = ["Create link", "Change role", "Remove"];
    for (const [n, open] of dialogs.entries()) {
      await page.goto(`${controlPlane.url}/members`);
      await rowOf(page, "Grace Hopper").waitFor();
      await open();
      await other.getByLabel("Organization").selectOption({ label: "beta" });
      await other.getByRole("heading", { name: "Overview", exact: true }).waitFor();
      await refused(() =>
        page
          .getByRole("dialog")
          .getByRole("button", { name: verbs[n] ?? "", exact: true })
          .click(),
      );
      if (n === dialogs.length - 1) {
        break;
      }
      await page.getByRole("dialog").getByRole("button", { name: "Switch back to alpha" }).click();
      await page.getByRole("dialog").getByRole("alert").waitFor({ state: "detached" });
      await other.goto(`${controlPlane.url}/api-keys`);
      await rowOf(other, "key of alpha").waitFor();
    }
    await page.getByRole("dialog").getByRole("button", { name: "Go to beta" }).click();
    await page.getByRole("heading", { name: "Overview", exact: true }).waitFor();
    await page.getByRole("navigation").getByRole("link", { name: "API keys" }).click();
    await rowOf(page, "key of beta").waitFor();
    expect(await changesIn(controlPlane, "beta")).toEqual([]);
  });

  it("says so by itself, above what it shows", async () => {
    const controlPlane = await twoOrganizations();
    const page = await browse({ mayLog: CONFLICT });
    await signIn(page, controlPlane.url);
    await rowOf(page, "key of alpha").waitFor();
    await switchTo(page, controlPlane.url, "beta");
    await page.bringToFront();
    await page.getByRole("alert").getByText(SAID).waitFor();
    await rowOf(page, "key of alpha").waitFor();
    expect(await rowOf(page, "key of beta").count()).toBe(0);
    await page.getByRole("button", { name: "Switch back to alpha" }).click();
    await page.getByRole("alert").waitFor({ state: "detached" });
    await rowOf(page, "key of alpha").waitFor();
  });

  it("says so truly if the person has left the shown one", async () => {
    const controlPlane = await twoOrganizations();
    const person = { email: "grace@example.com", password: "the long password of grace@example.com" };
    await controlPlane.management("people", "add", person.email, "--org", "beta");
    const page = await browse({ mayLog: CONFLICT });
    await signIn(page, controlPlane.url, "/api-keys", person);
    await rowOf(page, "key of alpha").waitFor();
    const other = await openTab(page, { mayLog: CONFLICT });
    await other.goto(`${controlPlane.url}/account`);
    await other.getByRole("button", { name: "Leave alpha" }).click();
    await other.getByRole("dialog").getByRole("button", { name: "Leave" }).click();
    await other.getByRole("heading", { name: "Overview", exact: true }).waitFor();
    await page.bringToFront();
    const notice = page.getByRole("alert");
    await notice.getByText("You no longer belong to alpha, which this page still shows.").waitFor();
    expect(await notice.getByRole("button").allTextContents()).toEqual(["Go to beta"]);
    await notice.getByRole("button", { name: "Go to beta" }).click();
    await page.getByRole("heading", { name: "Overview", exact: true }).waitFor();
  });

  it("leads to the sign-in if the session has ended when Switch back is pressed", async () => {
    const controlPlane = await twoOrganizations();
    const page = await browse({ mayLog: /status of (401|409)/ });
    await signIn(page, controlPlane.url);
    await rowOf(page, "key of alpha").waitFor();
    await switchTo(page, controlPlane.url, "beta");
    await page.bringToFront();
    await page.getByRole("alert").getByText(SAID).waitFor();
    // So that no look of the page finds out first.
    await setHidden(page, true);
    await page.waitForLoadState("networkidle");
    await page.context().clearCookies();
    await page.getByRole("button", { name: "Switch back to alpha" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  });
});
