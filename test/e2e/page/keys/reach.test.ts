import type { Locator, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { expectAccessible } from "../../../support/page/axe.ts";
import { adminAtWork, issueKey, syncAs, useControlPlane } from "../../../support/page/beside.ts";
import { lacksBrowser, useBrowser } from "../../../support/page/browser.ts";
import { holdAnswers, OUTAGE } from "../../../support/page/held-answers.ts";
import { choose, rowOf, signIn, statusOf } from "../../../support/page/operator.ts";

const browse = useBrowser();
const controlPlane = useControlPlane({ env: { HEARTBEAT_TIMEOUT_MS: "600000" } });
/** For a busy machine: only a step that fails takes this long. */
const PATIENT = { timeout: 20_000 };

/** A key with one executor on it, and the id of the executor. */
async function serving(name: string, executor: string) {
  const { url } = controlPlane();
  const key = await issueKey(await adminAtWork(url), { name });
  expect(await syncAs(url, key.secret, executor)).toBe(200);
  return key;
}

async function revoke(id: string): Promise<void> {
  const document = "mutation($id: ID!) { revokeApiKey(id: $id) { id } }";
  await (await adminAtWork(controlPlane().url)).graphql(document, { id });
}

/** Presses the button as a pointer, the keyboard and a form do, whether it is enabled or not. */
async function press(page: Page, button: Locator): Promise<void> {
  await button.click({ force: true });
  await button.focus();
  await page.keyboard.press("Enter");
  await button.evaluate((element: HTMLButtonElement) => element.form?.requestSubmit());
}

/** The changes that the page has asked for. */
function changesOf(page: Page): readonly string[] {
  const changes: string[] = [];
  page.on("request", (request) => {
    const [, name] = /mutation (\w+)/.exec(request.postData() ?? "") ?? [];
    if (name !== undefined) {
      changes.push(name);
    }
  });
  return changes;
}

function describedBy(button: Locator): Promise<string | undefined> {
  return button.evaluate((element) => {
    const id = element.getAttribute("aria-describedby");
    return id === null ? undefined : (document.getElementById(id)?.textContent ?? undefined);
  });
}

interface Scene {
  readonly title: string;
  /** The label of the button that confirms. */
  readonly label: string;
  readonly deed: string;
  /** What is said once it is known who is on the key. */
  readonly known: string;
  /** What the key has before the dialog is opened. */
  readonly prepare?: (id: string) => Promise<void>;
  readonly open: (page: Page, key: string, executor: string) => Promise<unknown>;
}

const onKeyPage = (button: string) => async (page: Page, key: string) => {
  await rowOf(page, key).getByRole("link", { name: key }).click();
  await page.getByRole("button", { name: button, exact: true }).click();
};
const onExecutorPage = (button: string) => async (page: Page, _key: string, executor: string) => {
  await page.getByRole("link", { name: executor }).first().click();
  await page.getByRole("button", { name: button }).click();
};

const SCENES: readonly Scene[] = [
  {
    title: "Revoke in the list",
    label: "Revoke",
    deed: "revoke",
    known: "One executor will be refused:",
    open: (page, key) => choose(page, key, "Revoke"),
  },
  {
    title: "Revoke on the page of the key",
    label: "Revoke",
    deed: "revoke",
    known: "One executor will be refused:",
    open: onKeyPage("Revoke"),
  },
  {
    title: "Revoke on the page of the executor",
    label: "Revoke access",
    deed: "revoke",
    known: "One executor will be refused:",
    open: onExecutorPage("Revoke executor access"),
  },
  {
    title: "Rotate",
    label: "Rotate",
    deed: "rotate",
    known: "One executor uses this key now.",
    open: (page, key) => choose(page, key, "Rotate"),
  },
  {
    title: "Delete",
    label: "Delete",
    deed: "delete",
    known: "One executor still has it:",
    prepare: revoke,
    open: (page, key) => choose(page, key, "Delete"),
  },
  {
    title: "Replace",
    label: "Create",
    deed: "replace",
    known: "was revoked",
    prepare: revoke,
    open: onKeyPage("Replace"),
  },
];

describe.skipIf(lacksBrowser)("a change of a key", () => {
  it.each(SCENES)("$title: waits until it is known whom it affects", async (scene) => {
    const { url } = controlPlane();
    const [key, executor] = [`key that waits ${SCENES.indexOf(scene)}`, `waits-${SCENES.indexOf(scene)}`];
    const { id } = await serving(key, executor);
    await scene.prepare?.(id);
    const page = await browse({ mayLog: /503/ });
    const changes = changesOf(page);
    await signIn(page, url, `/api-keys?search=${encodeURIComponent(key)}`);
    const held = await holdAnswers(page, "KeyReach");
    await scene.open(page, key, executor);
    const dialog = page.getByRole("dialog");
    const button = dialog.getByRole("button", { name: scene.label, exact: true });
    await expect.poll(() => button.getAttribute("aria-disabled"), PATIENT).toBe("true");
    expect(await describedBy(button)).toBe(
      `Looking for executors that use this key. You can ${scene.deed} it once they are known…`,
    );
    await press(page, button);
    expect(changes).toEqual([]);
    // It appears after 0.3 s.
    await expect.poll(() => page.evaluate(() => document.getAnimations().length), PATIENT).toBe(0);
    await expectAccessible(page);
    await held.release();
    await dialog.getByText(scene.known).waitFor();
    await expect.poll(() => button.getAttribute("aria-disabled"), PATIENT).toBe(null);
    expect(await describedBy(button)).toBe(undefined);
  });

  it.each(SCENES)(
    "$title: says that it cannot be known, tries again, and lets the person decide",
    async (scene) => {
      const { url } = controlPlane();
      const [key, executor] = [`key that fails ${SCENES.indexOf(scene)}`, `fails-${SCENES.indexOf(scene)}`];
      const { id } = await serving(key, executor);
      await scene.prepare?.(id);
      const page = await browse({ mayLog: /503/ });
      await signIn(page, url, `/api-keys?search=${encodeURIComponent(key)}`);
      const held = await holdAnswers(page, "KeyReach");
      await held.fail();
      await scene.open(page, key, executor);
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("alert").getByText(OUTAGE, { exact: false }).waitFor();
      await dialog.getByText("So it is not known who uses this key.").waitFor();
      await expectAccessible(page);
      held.hold();
      await dialog.getByRole("button", { name: "Try again" }).click();
      await dialog.getByRole("button", { name: "Trying again…" }).waitFor();
      await held.fail();
      const again = dialog.getByRole("button", { name: "Try again" });
      await again.focus();
      await held.release();
      await dialog.getByText(scene.known).waitFor();
      await again.waitFor({ state: "detached" });
      // The focus stays in the dialog, on what changes nothing.
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Cancel");
      await dialog.getByRole("button", { name: scene.label, exact: true }).waitFor();
    },
  );

  it("of which it is not known leaves the page below as it is, and says that of no more", async () => {
    const { url } = controlPlane();
    await serving("above its page", "above-1");
    const page = await browse({ mayLog: /503/ });
    await signIn(page, url, "/api-keys?search=above+its+page");
    await rowOf(page, "above its page").waitFor();
    // So that nothing else gets an answer.
    await holdAnswers(page, "ApiKeys");
    await (await holdAnswers(page, "KeyReach")).fail();
    const dialog = await choose(page, "above its page", "Revoke");
    await dialog.getByText("So it is not known who uses this key.").waitFor();
    await page.getByText(/The data on this page is from/).waitFor();
    expect(await page.getByText("This page appears as soon as it does").count()).toBe(0);
  });

  it("can be made without knowing, by who decides to", async () => {
    const { url } = controlPlane();
    const { secret } = await serving("in the dark", "dark-1");
    await serving("rotated in the dark", "dark-2");
    const page = await browse({ mayLog: /503/ });
    await signIn(page, url, "/api-keys?search=the+dark");
    await rowOf(page, "in the dark").waitFor();
    await (await holdAnswers(page, "KeyReach")).fail();
    const dialog = await choose(page, "in the dark", "Revoke");
    await dialog.getByRole("button", { name: "Revoke anyway" }).click();
    await statusOf(page, "in the dark").getByText("Revoked").waitFor();
    expect(await syncAs(url, secret, "dark-1")).toBe(401);

    await choose(page, "rotated in the dark", "Rotate");
    const rotate = dialog.getByRole("button", { name: "Rotate anyway" });
    await dialog.getByText("Every executor on it is refused at its next heartbeat").waitFor();
    // What becomes of the old key has to be chosen all the same.
    await rotate.click();
    expect(await dialog.getByRole("heading").first().textContent()).toBe("Rotate rotated in the dark?");
    await dialog.getByLabel("Keep it for 24 h").check();
    await rotate.click();
    await dialog.getByRole("button", { name: "I’ve stored this key" }).click();
    await rowOf(page, "rotated in the dark")
      .getByText(/^will be revoked in \d+ h$/)
      .waitFor();
  });

  it("revokes the old key if its last executor has left it after another choice", async () => {
    const { url } = controlPlane();
    const name = "left in the dialog";
    await serving(name, "leaves-1");
    const page = await browse();
    await signIn(page, url, "/api-keys?search=left+in+the+dialog");
    const dialog = await choose(page, name, "Rotate");
    await dialog.getByLabel("Keep it for 24 h").check();
    const other = await issueKey(await adminAtWork(url), { name: "where it went" });
    expect(await syncAs(url, other.secret, "leaves-1")).toBe(200);
    await dialog.getByText("so the old key is revoked in the same step").waitFor();
    await dialog.getByRole("button", { name: "Rotate" }).click();
    await dialog.getByRole("button", { name: "I’ve stored this key" }).click();
    await statusOf(page, name).getByText("Revoked").waitFor();
  });
});
