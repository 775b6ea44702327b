import { mkdirSync } from "node:fs";
import { join } from "node:path";
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
import { type LookOptions, lacksBrowser, useBrowser } from "../../support/page/browser.ts";
import { choose, rowOf, signIn, statusOf, storeKey } from "../../support/page/operator.ts";
import { ROOT } from "../../support/source-files.ts";

const browse = useBrowser();
/** Long enough that executors stay online from the start to the last of many pages. */
const controlPlane = useControlPlane({ env: { HEARTBEAT_TIMEOUT_MS: "600000" } });
const SHOTS = join(ROOT, "test-results/page");
const LOOKS: readonly (Required<Pick<LookOptions, "colorScheme" | "width">> & { readonly name: string })[] = [
  { name: "light", colorScheme: "light", width: 1280 },
  { name: "dark", colorScheme: "dark", width: 1280 },
  { name: "phone", colorScheme: "light", width: 390 },
];

describe.skipIf(lacksBrowser)("accessibility and looks", () => {
  it.each(LOOKS)(
    "axe finds nothing on any page or dialog, nothing is wider than the window: $name",
    async (look) => {
      const { url } = controlPlane();
      const prefix = `${look.name}-`;
      await populate(url, prefix);
      const page = await browse(look);
      const seen = async (name: string) => {
        await expectAccessible(page);
        const { scrollWidth, clientWidth } = await page.evaluate(() => document.documentElement);
        expect(scrollWidth, `${name} is wider than its window`).toBe(clientWidth);
        mkdirSync(SHOTS, { recursive: true });
        // A screenshot must not contain a key: the dialog that shows one has it covered.
        const mask = name === "secret" ? [page.getByRole("dialog").locator("code", { hasText: "exc_" })] : [];
        await page.screenshot({ path: join(SHOTS, `${name}-${look.name}.png`), mask });
      };
      await page.goto(url);
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      await seen("sign-in");
      await signIn(page, url);
      await rowOf(page, `${prefix}shared`).waitFor();
      await seen("api-keys");
      await seeDialogs(page, prefix, seen);
      for (const place of ["executors", "audit", "members", "connect"]) {
        await page.goto(`${url}/${place}`);
        await page.getByRole("heading", { level: 1 }).waitFor();
        await page
          .locator(place === "connect" ? "form" : "tbody tr")
          .first()
          .waitFor();
        await seen(place);
      }
      await page.getByLabel("Name").fill(`${prefix}twin`);
      await page.getByText("There is already an executor").waitFor();
      await seen("connect-taken");
      await page.goto(`${url}/executors/none`);
      await page.getByText("has no executor with this ID").waitFor();
      await seen("no-such-executor");
      await page.evaluate(() => {
        history.pushState(null, "", "/nowhere");
        dispatchEvent(new PopStateEvent("popstate"));
      });
      await page.getByRole("heading", { name: "Page not found" }).waitFor();
      await seen("not-found");
      await page.goto(`${url}/executors?search=${prefix}twin`);
      await page.getByRole("link", { name: `${prefix}twin` }).click();
      await page.getByText("2 processes sync").waitFor();
      await seen("executor");
      await page.getByRole("button", { name: "Revoke executor access" }).click();
      await page.getByRole("dialog").waitFor();
      await seen("revoke-access");
      await page.keyboard.press("Escape");
      await seePeople(page, prefix, url, seen);
    },
  );
});

/** Neither has a place to break the line. */
const LONG_HOST = `${"w".repeat(60)}.example.com`;
const LONG_NAME = "M".repeat(60);

/** Keys in every status, executors, a cloned host. */
async function populate(url: string, prefix: string): Promise<void> {
  const admin = await adminAtWork(url);
  const revoked = await issueKey(admin, { name: `${prefix}revoked` });
  await admin.graphql("mutation($id: ID!) { revokeApiKey(id: $id) { id } }", { id: revoked.id });
  await issueKey(admin, { name: `${prefix}expired`, expiresAt: Date.now() + 300 });
  const shared = await issueKey(admin, { name: `${prefix}shared`, expiresAt: Date.now() + 86_400_000 * 20 });
  for (const name of ["one", "two", "three"]) {
    await syncAs(url, shared.secret, `${prefix}${name}`, { hostName: `${name}.${LONG_HOST}` });
  }
  const twin = await issueKey(admin, { name: `${prefix}twin` });
  for (const instanceId of ["a", "b", "a", "b"]) {
    await syncAs(url, twin.secret, `${prefix}twin`, {
      instanceId,
      hostName: `host-${instanceId}.example.com`,
    });
  }
  await issueKey(admin, { name: `${prefix}for twin`, target: `${prefix}twin` });
  await admin.post("/organization/invite-member", { email: `${prefix}guest@${LONG_HOST}`, role: "member" });
  await inviteAndAccept(url, `${prefix}long@example.com`, "member", `${prefix}${LONG_NAME}`);
}

async function seePeople(
  page: Page,
  prefix: string,
  url: string,
  seen: (name: string) => Promise<void>,
): Promise<void> {
  await page.getByRole("button", { name: "Your account" }).click();
  await page.getByRole("menuitem", { name: "Change password" }).click();
  await seen("change-password");
  await page.keyboard.press("Escape");
  await page.goto(`${url}/members`);
  await seeMemberDialogs(page, prefix, seen);
  await page.getByRole("button", { name: "Invite" }).click();
  await page.getByLabel("E-mail").fill(`${prefix}new@example.com`);
  await seen("invite");
  await page.getByRole("button", { name: "Create link" }).click();
  const link = page.getByRole("dialog").locator("code");
  await link.waitFor();
  await seen("invitation-link");
  const address = (await link.textContent()) ?? "";
  await page.goto(address);
  await page.getByText("You are signed in with").waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Your name").waitFor();
  await seen("invitation");
}

async function seeMemberDialogs(
  page: Page,
  prefix: string,
  seen: (name: string) => Promise<void>,
): Promise<void> {
  const dialog = page.getByRole("dialog");
  await choose(page, `${prefix}${LONG_NAME}`, "Change role");
  await dialog.getByRole("group", { name: "Role" }).waitFor();
  await seen("change-role");
  await page.keyboard.press("Escape");
  await choose(page, `${prefix}${LONG_NAME}`, "Remove");
  await dialog.getByText("loses access to this organization at once").waitFor();
  await seen("remove-member");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Cancel this invitation" }).first().click();
  await dialog.getByText("The link stops working.").waitFor();
  await seen("cancel-invitation");
  await page.keyboard.press("Escape");
}

async function seeDialogs(page: Page, prefix: string, seen: (name: string) => Promise<void>): Promise<void> {
  const dialog = page.getByRole("dialog");
  await page.getByRole("button", { name: `Actions for ${prefix}shared` }).click();
  await seen("menu");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "New key" }).click();
  await seen("new-key");
  await page.keyboard.press("Escape");
  await choose(page, `${prefix}shared`, "Revoke");
  await dialog.getByText("3 executors use this key now:").waitFor();
  await seen("revoke");
  await page.keyboard.press("Escape");
  await choose(page, `${prefix}revoked`, "Delete");
  await dialog.getByText("No executor uses this key now.").waitFor();
  await seen("delete");
  await page.keyboard.press("Escape");
  await choose(page, `${prefix}shared`, "Rotate");
  await dialog.getByLabel("Keep it until a date").check();
  await seen("rotate");
  await dialog.getByRole("button", { name: "Rotate" }).click();
  await dialog.getByText("The key", { exact: true }).waitFor();
  await seen("secret");
  await storeKey(page);
  await page.getByText(`waiting for ${prefix}one…`).waitFor();
  await seen("follow-up");
}

describe.skipIf(lacksBrowser)("the keyboard alone", () => {
  it("creates, rotates, revokes and deletes a key", async () => {
    const { url } = controlPlane();
    const page = await browse();
    await signIn(page, url);
    await rowsThere(page);
    const { keyboard } = page;
    await tabTo(page, "New key");
    await keyboard.press("Enter");
    await page.getByRole("dialog", { name: "New key" }).waitFor();
    await keyboard.press("Tab");
    await keyboard.type("by keyboard");
    await keyboard.press("Enter");
    await page.getByText("by keyboard is created").waitFor();
    await tabTo(page, "I’ve stored this key");
    await keyboard.press("Enter");
    await expect.poll(() => focused(page)).toBe("New key");

    await actByKeyboard(page, "by keyboard", []);
    await page.getByRole("dialog").getByText("No executor uses this key now.").waitFor();
    await tabTo(page, "Rotate");
    await keyboard.press("Enter");
    await tabTo(page, "I’ve stored this key");
    await keyboard.press("Space");
    await statusOf(page, "by keyboard").getByText("Revoked").waitFor();
    await expect.poll(() => focused(page)).toBe("Actions for by keyboard");

    await actByKeyboard(page, "by keyboard", ["End"]);
    await tabTo(page, "Delete");
    await keyboard.press("Enter");
    await rowOf(page, "by keyboard").waitFor({ state: "detached" });
    // The element with the focus is gone: the focus is on the heading, not lost.
    await expect.poll(() => focused(page)).toBe("API keys");
  });

  it("moves through a menu with the arrows, and leaves it with Escape where it was", async () => {
    const { url } = controlPlane();
    await issueKey(await adminAtWork(url), { name: "with a menu" });
    const page = await browse();
    await signIn(page, url);
    await rowOf(page, "with a menu").waitFor();
    await page.getByRole("button", { name: "Actions for with a menu" }).focus();
    await page.keyboard.press("Enter");
    const stops: string[] = [];
    for (const key of ["", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "Home", "End"]) {
      if (key === "") {
        await page.locator("[role=menuitem]:focus").waitFor();
      } else {
        await page.keyboard.press(key);
      }
      stops.push(await focused(page));
    }
    expect(stops.map((text) => text.slice(0, 6))).toEqual([
      "Rotate",
      "Revoke",
      "Delete",
      "Rotate",
      "Delete",
      "Rotate",
      "Delete",
    ]);
    await page.keyboard.press("Escape");
    await expect.poll(() => focused(page)).toBe("Actions for with a menu");
  });
});

async function rowsThere(page: Page): Promise<void> {
  await page.locator("tbody tr").first().waitFor();
}

/** The accessible name of the element with the focus. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    return element?.getAttribute("aria-label") ?? element?.textContent ?? "";
  });
}

async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    if ((await focused(page)) === name) {
      return;
    }
    await page.keyboard.press("Tab");
  }
  expect.unreachable(`Tab does not lead to ${name}`);
}

/** Opens the key's menu, presses `moves`, and chooses. */
async function actByKeyboard(page: Page, keyName: string, moves: readonly string[]): Promise<void> {
  await page.getByRole("button", { name: `Actions for ${keyName}`, exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.locator("[role=menuitem]:focus").waitFor();
  for (const key of moves) {
    await page.keyboard.press(key);
  }
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
}
