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
import { rowOf, signIn } from "../../support/page/operator.ts";

const browse = useBrowser();
const controlPlane = useControlPlane({ env: { HEARTBEAT_TIMEOUT_MS: "1000" } });

/** Holds every answer of the control plane back, until it is called. */
async function holdAll(page: Page): Promise<() => Promise<void>> {
  const { promise, resolve } = Promise.withResolvers<void>();
  await page.route("**/*", async (route) => {
    await promise;
    await route.fallback().catch(() => undefined);
  });
  return async () => {
    resolve();
    await page.waitForResponse(/graphql|api/);
  };
}

/** Nothing that the dialog says comes later, so its button need not wait. */
async function expectWhole(page: Page, open: Locator, text: RegExp, verb: string): Promise<void> {
  await open.waitFor();
  const release = await holdAll(page);
  await open.click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(text).waitFor();
  const said = await dialog.innerText();
  expect(await dialog.getByRole("button", { name: verb }).getAttribute("aria-disabled")).toBe(null);
  await release();
  expect(await dialog.innerText()).toBe(said);
}

describe.skipIf(lacksBrowser)("without an answer of the control plane, a dialog is whole", () => {
  it("that deletes an executor, with the keys that serve only it", async () => {
    const { url } = controlPlane();
    const { secret } = await issueKey(await adminAtWork(url), { name: "its own key" });
    expect(await syncAs(url, secret, "goes whole")).toBe(200);
    const page = await browse();
    await signIn(page, url, "/executors?search=goes+whole");
    await page.getByRole("link", { name: "goes whole" }).click();
    const button = page.getByRole("button", { name: "Delete executor" });
    await expectWhole(page, button, /One active key serves only this executor/, "Delete");
  });

  it("that removes a member", async () => {
    const { url } = controlPlane();
    await inviteAndAccept(url, "leaves@example.com", "member", "Leaving Member");
    const page = await browse();
    await signIn(page, url, "/members");
    await rowOf(page, "Leaving Member").getByRole("button").click();
    const item = page.getByRole("menuitem", { name: "Remove" });
    await expectWhole(page, item, /loses access to this organization at once/, "Remove");
  });

  it("that ends a session, or all others", async () => {
    const { url } = controlPlane();
    await signIn(await browse(), url);
    for (const name of [/^Sign out Chrome/, /^Sign out everywhere else$/]) {
      const page = await browse();
      await signIn(page, url, "/account");
      await expectWhole(page, page.getByRole("button", { name }).first(), /signed out at once/, "Sign out");
    }
  });
});
