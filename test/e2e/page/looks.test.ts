import type { Locator, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import {
  adminAtWork,
  inviteAndAccept,
  issueKey,
  syncAs,
  useControlPlane,
} from "../../support/page/beside.ts";
import { lacksBrowser, useBrowser } from "../../support/page/browser.ts";
import { LOOKS, type Seen, seenOn } from "../../support/page/looks.ts";
import { choose, signIn, statusOf, storeKey } from "../../support/page/operator.ts";

const browse = useBrowser();
/** Long enough that executors stay online from the start to the last of many pages. */
const controlPlane = useControlPlane({ env: { HEARTBEAT_TIMEOUT_MS: "600000" } });

describe.skipIf(lacksBrowser).each(LOOKS)(
  "axe finds nothing, and nothing is wider than the window: $name",
  (look) => {
    const prefix = `${look.name}-`;
    let populated: Promise<void> | undefined;
    const populateOnce = () => {
      populated ??= populate(controlPlane().url, prefix);
      return populated;
    };

    const open = async (path: string): Promise<{ readonly page: Page; readonly seen: Seen }> => {
      await populateOnce();
      const page = await browse(look);
      await signIn(page, controlPlane().url, path);
      return { page, seen: seenOn(page, look.name) };
    };

    it("signed out, the overview, and wrong addresses", async () => {
      const { url } = controlPlane();
      await populateOnce();
      const page = await browse(look);
      const seen = seenOn(page, look.name);
      await page.goto(url);
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      await seen("sign-in");
      await signIn(page, url, "/");
      await page.locator(".problems li").first().waitFor();
      await seen("overview");
      await page.evaluate(() => {
        history.pushState(null, "", "/nowhere");
        dispatchEvent(new PopStateEvent("popstate"));
      });
      await page.getByRole("heading", { name: "Page not found" }).waitFor();
      await seen("not-found");
    });

    it("keys, and what can be done with them", async () => {
      const { page, seen } = await open("/api-keys");
      await statusOf(page, `${prefix}expired`).getByText("Expired").waitFor();
      await seen("api-keys");
      // Each status has a mark of its own, also where all colours are the system's.
      const marks = await Promise.all(["Active", "Expired", "Revoked"].map((status) => markOf(page, status)));
      expect(new Set(marks).size).toBe(3);
      expect(marks).not.toContain("nothing");
      await seeKeyDialogs(page, prefix, seen);
    });

    it("a rotation", async () => {
      const { page, seen } = await open("/api-keys");
      await seeRotation(page, prefix, seen);
    });

    it("executors, the audit, and lists without an entry", async () => {
      const { page, seen } = await open("/executors");
      await page.locator("tbody tr").first().waitFor();
      if (look.width <= 760) {
        await page.getByRole("button", { name: "Filters" }).click();
      }
      await seen("executors");
      await page.goto(`${controlPlane().url}/executors?search=nothing&status=silent`);
      await page.getByText("No executor matches").waitFor();
      if (look.width > 1000) {
        // The button that appears with a filter moves none of the fields.
        const clear = await page.getByRole("button", { name: "Clear" }).boundingBox();
        for (const field of [page.getByRole("searchbox"), page.getByLabel("Status")]) {
          expect((await field.boundingBox())?.y).toBe(clear?.y);
        }
      }
      await seen("no-match");
      await page.goto(`${controlPlane().url}/audit`);
      await page.locator("tbody tr").first().waitFor();
      await seen("audit");
    });

    it("an executor, one that does not exist, and connecting one", async () => {
      const { url } = controlPlane();
      const { page, seen } = await open(`/executors?search=${prefix}twin`);
      await page.getByRole("link", { name: `${prefix}twin`, exact: true }).click();
      await page.getByText("2 processes sync").waitFor();
      if (look.width > 1000) {
        const host = page.locator(".facts dd", { hasText: "host-b.example.com" });
        expect(await lines(host)).toBe(1);
      }
      await seen("executor");
      await page.getByRole("button", { name: "Revoke executor access" }).click();
      await page.getByRole("dialog").waitFor();
      await seen("revoke-access");
      await page.goto(`${url}/executors/none`);
      await page.getByText("has no executor with this ID").waitFor();
      await seen("no-such-executor");
      await page.goto(`${url}/connect`);
      await page.getByLabel("Name").fill(`${prefix}twin`);
      await page.getByText("There is already an executor").waitFor();
      await seen("connect-taken");
    });

    it("members, their dialogs and invitations", async () => {
      const { page, seen } = await open("/members");
      await page.locator("tbody tr").first().waitFor();
      await seen("members");
      await seeMemberDialogs(page, prefix, seen);
      await seeInvitation(page, prefix, seen);
    });

    it("the own account", async () => {
      const { page, seen } = await open("/members");
      await page.getByRole("button", { name: "Your account" }).click();
      await page.getByRole("menuitem", { name: "Profile, password, sign-ins" }).click();
      await page.getByRole("heading", { name: "Your account" }).waitFor();
      await page.locator("tbody tr").first().waitFor();
      if (look.width > 400) {
        const signedIn = page.locator("tbody tr").first().locator("time");
        expect(await signedIn.evaluate((time) => time.getClientRects().length)).toBe(1);
      }
      await seen("account");
      await page.getByRole("button", { name: "Change password" }).click();
      await page.getByLabel("Current password").waitFor();
      await seen("change-password");
    });
  },
);

/** In how many lines the text is shown. */
function lines(text: Locator): Promise<number> {
  return text.evaluate((element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size;
  });
}

/** What the mark of a status is drawn with. */
function markOf(page: Page, status: string): Promise<string> {
  const badge = page.locator(".badge", { hasText: status }).first();
  return badge.evaluate((element) => {
    const { backgroundColor, backgroundImage, borderTopWidth } = getComputedStyle(element, "::before");
    const isDrawn = backgroundImage !== "none" || borderTopWidth !== "0px";
    return isDrawn ? [backgroundColor, backgroundImage === "none", borderTopWidth].join() : "nothing";
  });
}

/** Neither has a place to break the line. */
const LONG_HOST = `${"w".repeat(60)}.example.com`;
const LONG_NAME = "M".repeat(60);

/** Keys in every status, executors, a cloned host. */
async function populate(url: string, prefix: string): Promise<void> {
  const admin = await adminAtWork(url);
  const revoked = await issueKey(admin, { name: `${prefix}revoked` });
  await admin.graphql("mutation($id: ID!) { revokeApiKey(id: $id) { id } }", { id: revoked.id });
  await issueKey(admin, { name: `${prefix}expired`, expiresAt: Date.now() + 5000 });
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

async function seeInvitation(page: Page, prefix: string, seen: Seen): Promise<void> {
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

async function seeMemberDialogs(page: Page, prefix: string, seen: Seen): Promise<void> {
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

async function seeKeyDialogs(page: Page, prefix: string, seen: Seen): Promise<void> {
  const dialog = page.getByRole("dialog");
  await page.getByRole("button", { name: `Actions for ${prefix}shared` }).click();
  await seen("menu");
  const isForced = await page.evaluate(() => matchMedia("(forced-colors: active)").matches);
  const chosen = page.getByRole("menuitem", { name: "Rotate", exact: true });
  expect(await chosen.evaluate((item) => getComputedStyle(item).outlineStyle)).toBe(
    isForced ? "solid" : "none",
  );
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "New key" }).click();
  await seen("new-key");
  await page.keyboard.press("Escape");
  await choose(page, `${prefix}shared`, "Revoke");
  await dialog.getByText("3 executors will be refused:").waitFor();
  await seen("revoke");
  await page.keyboard.press("Escape");
  await choose(page, `${prefix}revoked`, "Delete");
  await dialog.getByText("No executor uses this key now, so nobody is refused.").waitFor();
  await seen("delete");
  await page.keyboard.press("Escape");
}

async function seeRotation(page: Page, prefix: string, seen: Seen): Promise<void> {
  const dialog = page.getByRole("dialog");
  await choose(page, `${prefix}shared`, "Rotate");
  await dialog.getByLabel("Keep it until…").check();
  await seen("rotate");
  await dialog.getByRole("button", { name: "Rotate" }).click();
  await dialog.getByText("2. Paste the key at its prompt").waitFor();
  await dialog.getByText(`waiting for ${prefix}one…`).waitFor();
  await seen("secret");
  await storeKey(page);
  await page.getByText(`waiting for ${prefix}one…`).waitFor();
  await seen("follow-up");
}
