import type { Page } from "playwright-core";
import { request } from "undici";
import { describe, expect, it } from "vitest";
import { SIGN_OFF_EXECUTOR } from "../../../src/protocol/operations.ts";
import {
  adminAtWork,
  inviteAndAccept,
  issueKey,
  syncAs,
  useControlPlane,
} from "../../support/page/beside.ts";
import { lacksBrowser, useBrowser } from "../../support/page/browser.ts";
import { holdAnswers } from "../../support/page/held-answers.ts";
import { LOOKS, type Look, type Seen, seenOn } from "../../support/page/looks.ts";
import { choose, rowOf, signIn, storeKey } from "../../support/page/operator.ts";

const browse = useBrowser();
const controlPlane = useControlPlane({ env: { HEARTBEAT_TIMEOUT_MS: "600000" } });
const REFUSED = /status of 40[0134]/;

async function signOffAs(url: string, secret: string, name: string): Promise<void> {
  const variables = { input: { executorName: name, instanceId: `instance of ${name}` } };
  const { body } = await request(`${url}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({ query: SIGN_OFF_EXECUTOR, variables }),
  });
  expect(await body.text()).toContain("true");
}

/**
 * Executors in every state that a page of one has, and what is wrong with keys. Resolves with the
 * key with which ams-1 is refused.
 */
async function populate(url: string): Promise<string> {
  const admin = await adminAtWork(url);
  const first = await issueKey(admin, { name: "fra", expiresAt: Date.now() + 2 * 86_400_000 });
  for (const name of ["fra-1", "fra-2"]) {
    expect(await syncAs(url, first.secret, name)).toBe(200);
  }
  const later = await issueKey(admin, { name: "fra-1", target: "fra-1" });
  expect(await syncAs(url, later.secret, "fra-1")).toBe(200);
  const revoked = await issueKey(admin, { name: "ams" });
  expect(await syncAs(url, revoked.secret, "ams-1")).toBe(200);
  await admin.graphql("mutation($id: ID!) { revokeApiKey(id: $id) { id } }", { id: revoked.id });
  expect(await syncAs(url, revoked.secret, "ams-1")).toBe(401);
  const stopped = await issueKey(admin, { name: "lon" });
  expect(await syncAs(url, stopped.secret, "lon-1")).toBe(200);
  await signOffAs(url, stopped.secret, "lon-1");
  await issueKey(admin, { name: "for connecting" });
  return revoked.secret;
}

let populated: Promise<string> | undefined;
function populateOnce(): Promise<string> {
  populated ??= populate(controlPlane().url);
  return populated;
}

describe.skipIf(lacksBrowser).each(LOOKS)("as in the other looks: $name", (look: Look) => {
  const open = async (path: string, person?: { readonly email: string; readonly password: string }) => {
    await populateOnce();
    const page = await browse({ ...look, mayLog: REFUSED });
    await signIn(page, controlPlane().url, path, person);
    return { page, seen: seenOn(page, look.name) };
  };

  it("the pages of people without an account", async () => {
    const { url } = controlPlane();
    const page = await browse({ ...look, mayLog: REFUSED });
    const seen = seenOn(page, look.name);
    await page.goto(`${url}/setup`);
    await page.getByText("sudo novacula-control-plane setup-link").waitFor();
    await seen("setup-without-link");
    await page.goto("about:blank");
    await page.goto(`${url}/setup#${"x".repeat(43)}`);
    await page.getByLabel("Choose a password").waitFor();
    await seen("setup");
    await page.goto("about:blank");
    await page.goto(`${url}/sign-in#something`);
    await page.getByRole("heading", { name: "This link does not sign in" }).waitFor();
    await seen("sign-in-link");
    await page.goto(url.replace("127.0.0.1", "localhost"));
    await page.getByRole("heading", { name: "This page has another address" }).waitFor();
    await seen("elsewhere");
  });

  it("the page of a key, and its rotation, replacement and revocation", async () => {
    const { page, seen } = await open("/api-keys");
    await page.getByRole("link", { name: "fra", exact: true }).click();
    await page.getByText("On it before").waitFor();
    expect(await page.locator(".facts .expiry.urgent").textContent()).toBe("expires in 2 d");
    await seen("key");
    // From the list: axe-core does not know that a dialog lies above all that follows it.
    await page.goto(`${controlPlane().url}/api-keys`);
    await choose(page, "fra", "Rotate");
    await page.getByRole("button", { name: "Create a key with another expiry instead" }).click();
    await page.getByRole("radio", { name: "Other" }).check();
    await seen("replace-key");
    await page.keyboard.press("Escape");
    await page.goto(`${controlPlane().url}/api-keys/none`);
    await page.getByText("has no key with this ID").waitFor();
    await seen("no-such-key");
  });

  it("executors that are stopped, refused, and on another key than before", async () => {
    const { page, seen } = await open("/executors");
    const openExecutor = async (name: string) => {
      await page.goto(`${controlPlane().url}/executors?search=${name}`);
      await page.getByRole("link", { name, exact: true }).click();
      await page.getByRole("img").waitFor();
    };
    await openExecutor("ams-1");
    await page.getByText("Its host still asks").or(page.getByText("Its host was last")).first().waitFor();
    await seen("executor-refused");
    await openExecutor("lon-1");
    await page.getByText("lon-1 is offline: its agent was stopped").waitFor();
    // Which the control plane writes only after the heartbeat timeout.
    await page.locator(".transitions li.stopped").first().getByText("Stopped").waitFor();
    await page.getByRole("img", { name: ", 0 times offline, 1 time stopped," }).waitFor();
    await seen("executor-stopped");
    await page.getByRole("button", { name: "Delete executor" }).click();
    await page.getByRole("dialog").getByText("Deleting cannot be undone").waitFor();
    await seen("delete-executor");
    await page.keyboard.press("Escape");
    await openExecutor("fra-1");
    await page.getByText("On the key fra-1").waitFor();
    const [from, until] = await Promise.all(
      ["first", "last"].map((which) => page.locator(`figcaption > span:${which}-child`).boundingBox()),
    );
    expect(from?.y).toBe(until?.y);
    await seen("executor-timeline");
  });

  it("connecting an executor, from the form to its arrival", async () => {
    const { page, seen } = await open("/connect");
    await page.getByLabel("Name").fill(`new-${look.name}`);
    expect(await gapAbove(page, "Channel")).toBe(await gapAbove(page, "Create the key"));
    await seen("connect");
    await page.getByRole("button", { name: "Create the key" }).click();
    await page.getByRole("dialog").getByText("Copy both packages of the agent").waitFor();
    await seen("connect-secret");
    const { secret } = await storeKey(page);
    await page.getByText(`waiting for new-${look.name}…`).waitFor();
    await seen("connect-waiting");
    expect(await syncAs(controlPlane().url, secret, `new-${look.name}`)).toBe(200);
    await page.getByText("has been online since").waitFor();
    await seen("connect-arrived");
  });

  it("what a member sees, leaving, and the end of sessions", async () => {
    const { url } = controlPlane();
    const person = await inviteAndAccept(url, `${look.name}@example.com`, "member", "Mia");
    // A refusal counts as one of now for some minutes, and the looks before took longer.
    expect(await syncAs(url, await populateOnce(), "ams-1")).toBe(401);
    const { page, seen } = await open("/", person);
    await page.locator(".problems li").first().waitFor();
    await seen("member-overview");
    await page
      .getByRole("link", { name: /ams-1$/ })
      .first()
      .click();
    await page.getByText("Only owners and admins can").first().waitFor();
    await seen("member-executor");
    await seeAccount(page, url, person, seen);
  });

  it("changes of a key while it is not known whom they affect", async () => {
    await populateOnce();
    const page = await browse({ ...look, mayLog: /503/ });
    const seen = seenOn(page, look.name);
    await signIn(page, controlPlane().url);
    await rowOf(page, "fra").waitFor();
    const held = await holdAnswers(page, "KeyReach");
    const dialog = await choose(page, "fra", "Revoke");
    await dialog.getByText("Looking for executors").waitFor();
    await expect.poll(() => page.evaluate(() => document.getAnimations().length)).toBe(0);
    await seen("revoke-looking");
    await held.fail();
    await dialog.getByRole("button", { name: "Try again" }).waitFor();
    await seen("revoke-unknown");
    await page.keyboard.press("Escape");
    await choose(page, "fra", "Rotate");
    await dialog.getByRole("button", { name: "Try again" }).waitFor();
    await seen("rotate-unknown");
  });

  it("a dialog that outlives its session", async () => {
    const { page, seen } = await open("/api-keys");
    await page.getByRole("button", { name: "New key" }).click();
    await page.getByRole("dialog").getByLabel("Name").fill("typed");
    await page.context().clearCookies();
    await page.getByRole("dialog", { name: "Your session has ended" }).waitFor();
    await seen("sign-in-again");
  });

  it("the menu of an account, and a menu of a key that has ended", async () => {
    const { page, seen } = await open("/api-keys");
    await page.getByRole("button", { name: "Your account" }).click();
    await page.getByRole("menu").waitFor();
    if (look.width > 760) {
      const menu = await page.getByRole("menu").boundingBox();
      const name = await page.locator(".account .name").boundingBox();
      expect((menu?.y ?? 0) + (menu?.height ?? 0)).toBeLessThanOrEqual(name?.y ?? 0);
    }
    await seen("account-menu");
    await page.keyboard.press("Escape");
    await rowOf(page, "ams").waitFor();
    const dialog = await choose(page, "ams", "Delete");
    await dialog.getByText("One executor still has it:").waitFor();
    // It is refused, so it is not simply online.
    await dialog.getByText("refused, offline within 10 min").waitFor();
    await dialog.getByText("It is back as soon as it gets another key.").waitFor();
    await seen("delete-key");
  });
});

/** The room above a field or button of the form, px. */
function gapAbove(page: Page, words: string): Promise<number> {
  return page
    .locator("form.panel > *")
    .filter({ hasText: words })
    .evaluate((element) => {
      const above = element.previousElementSibling?.getBoundingClientRect().bottom ?? 0;
      return Math.round(element.getBoundingClientRect().top - above);
    });
}

async function seeAccount(
  page: Page,
  url: string,
  person: { readonly email: string; readonly password: string },
  seen: Seen,
): Promise<void> {
  const other = await browse();
  await signIn(other, url, "/executors", person);
  await page.goto(`${url}/account`);
  await page.getByRole("button", { name: "Sign out everywhere else" }).click();
  await page.getByRole("dialog").getByText("Every other browser is signed out").waitFor();
  await seen("sign-out-elsewhere");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: /^Sign out Chrome/ }).click();
  await page.getByRole("dialog").getByText("signed out at once").waitFor();
  await seen("sign-out-one");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: /^Leave / }).click();
  await page.getByRole("dialog").getByText("You no longer see").waitFor();
  await seen("leave");
}
