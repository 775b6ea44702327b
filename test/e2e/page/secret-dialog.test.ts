import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { adminAtWork, useControlPlane } from "../../support/page/beside.ts";
import { everythingHeld, lacksBrowser, useBrowser } from "../../support/page/browser.ts";
import { choose, createKey, rowOf, shownKey, signIn, storeKey } from "../../support/page/operator.ts";

const browse = useBrowser();
const controlPlane = useControlPlane();

/** Creates a key, which opens the one-time dialog. */
async function startCreating(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "New key" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill(name);
  await page.getByRole("dialog").getByRole("button", { name: "Create" }).click();
}

describe.skipIf(lacksBrowser)("the dialog that shows a key once", () => {
  it("is closed by I’ve stored this key alone: not by Escape, a click beside it, Back, or Enter on the page", async () => {
    const page = await browse();
    await signIn(page, controlPlane().url, "/executors");
    await page.getByRole("link", { name: "API keys" }).click();
    await startCreating(page, "not to be lost");
    const { secret } = await shownKey(page);
    const isShown = async () => {
      const dialog = page.getByRole("dialog", { name: "not to be lost is created" });
      await dialog.waitFor();
      expect(await dialog.getByText(secret, { exact: true }).isVisible()).toBe(true);
      expect(await dialog.evaluate((element) => element.matches(":modal"))).toBe(true);
    };
    for (let times = 0; times < 4; times += 1) {
      await page.keyboard.press("Escape");
    }
    await isShown();
    await page.mouse.click(4, 4);
    await page.mouse.click(1270, 790);
    await isShown();
    await page.goBack();
    await isShown();
    await page.goBack();
    await isShown();
    expect(new URL(page.url()).pathname).toBe("/api-keys");
    await storeKey(page);
    await rowOf(page, "not to be lost").waitFor();
    expect(new URL(page.url()).pathname).toBe("/api-keys");
  });

  it("asks before the tab is closed or reloaded while it is open, and not afterwards", async () => {
    const page = await browse();
    await signIn(page, controlPlane().url);
    await startCreating(page, "unloaded");
    await shownKey(page);
    const asked = page.waitForEvent("dialog");
    const closing = page.close({ runBeforeUnload: true });
    const question = await asked;
    expect(question.type()).toBe("beforeunload");
    await question.dismiss();
    await closing;
    await storeKey(page);
    await page.reload();
    await rowOf(page, "unloaded").waitFor();
  });

  it("holds nothing any more when the page is left: the browser may keep the page and show it again", async () => {
    const page = await browse();
    await signIn(page, controlPlane().url);
    await startCreating(page, "left behind");
    const { secret } = await shownKey(page);
    // What a browser sends before it keeps the page; the one of the tests keeps none.
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await everythingHeld(page)).not.toContain(secret);
  });

  it("offers the key, the line for agent.toml and the set-key command, each to be copied", async () => {
    const page = await browse();
    await signIn(page, controlPlane().url);
    await startCreating(page, "copied");
    const { secret, tomlLine } = await shownKey(page);
    expect(secret).toMatch(/^exc_[a-zA-Z]{64}$/);
    expect(tomlLine).toBe(`access_token = "${secret}"`);
    const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
    await page.getByText("Or put it into the file yourself").click();
    for (const [what, text] of [
      ["Copy the key", secret],
      ["Copy the line for agent.toml", tomlLine],
      ["Copy the command", "sudo novacula-agent set-key"],
    ] as const) {
      await page.getByRole("button", { name: what, exact: true }).click();
      await expect.poll(clipboard).toBe(text);
    }
    await page.evaluate(() => navigator.clipboard.writeText(""));
    await storeKey(page);
  });

  it("selects the key where the browser gives no clipboard", async () => {
    const page = await browse();
    await signIn(page, controlPlane().url);
    await page.context().clearPermissions();
    await page.evaluate(() => {
      Object.defineProperty(navigator, "clipboard", { value: undefined });
    });
    await startCreating(page, "by hand");
    const { secret } = await shownKey(page);
    await page.getByRole("button", { name: "Copy the key", exact: true }).click();
    await page.getByRole("button", { name: "Press Ctrl+C for the key" }).waitFor();
    expect(await page.evaluate(() => String(getSelection()))).toBe(secret);
    await storeKey(page);
  });

  it("leaves the secret nowhere: document, fields, history, storage, cookies, later answers", async () => {
    const { url } = controlPlane();
    const page = await browse();
    const answers: string[] = [];
    page.on("response", async (response) => {
      if (response.url().endsWith("/graphql")) {
        answers.push(await response.text().catch(() => ""));
      }
    });
    await signIn(page, url);
    const { secret } = await createKey(page, { name: "secret" });
    const rotation = await choose(page, "secret", "Rotate");
    await rotation.getByRole("button", { name: "Rotate" }).click();
    const { secret: second } = await storeKey(page);
    const holding = () => answers.filter((answer) => answer.includes(secret) || answer.includes(second));
    expect(holding()).toHaveLength(2);
    answers.length = 0;

    for (const path of ["Executors", "Audit", "API keys"]) {
      await page.getByRole("link", { name: path }).click();
    }
    await page.goBack();
    await page.goForward();
    await rowOf(page, "secret").waitFor();
    for (const held of [await everythingHeld(page), await reloaded(page)]) {
      expect(held).toContain("novacula.follow-ups");
      for (const key of [secret, second]) {
        expect(held.includes(key.slice(4, 24))).toBe(false);
      }
    }
    expect(holding()).toEqual([]);
    expect(answers.length).toBeGreaterThan(3);
    const asked = await (await adminAtWork(url)).graphql("{ apiKeys { name } auditEvents { details } }");
    expect(asked.text.includes(secret.slice(4, 24))).toBe(false);
  });
});

async function reloaded(page: Page): Promise<string> {
  await page.reload();
  await rowOf(page, "secret").waitFor();
  return everythingHeld(page);
}
