import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { adminAtWork, issueKey, useControlPlane } from "../../support/page/beside.ts";
import { lacksBrowser, useBrowser } from "../../support/page/browser.ts";
import { rowOf, signIn, statusOf } from "../../support/page/operator.ts";

const browse = useBrowser();
const controlPlane = useControlPlane();

describe.skipIf(lacksBrowser)("the keyboard alone", () => {
  it("creates, rotates, revokes and deletes a key", async () => {
    const { url } = controlPlane();
    await issueKey(await adminAtWork(url), { name: "there already" });
    const page = await browse();
    await signIn(page, url);
    await rowOf(page, "there already").waitFor();
    const { keyboard } = page;
    await tabTo(page, "New key");
    await keyboard.press("Enter");
    await page.getByRole("dialog", { name: "New key" }).waitFor();
    await keyboard.type("by keyboard");
    await keyboard.press("Enter");
    await page.getByText("by keyboard is created").waitFor();
    await tabTo(page, "I’ve stored this key");
    await keyboard.press("Enter");
    await expect.poll(() => focused(page)).toBe("New key");

    await actByKeyboard(page, "by keyboard", []);
    await page.getByRole("dialog").getByText("No executor uses this key now").waitFor();
    await tabTo(page, "Rotate");
    await keyboard.press("Enter");
    await tabTo(page, "I’ve stored this key");
    await keyboard.press("Space");
    await statusOf(page, "by keyboard").getByText("Revoked").waitFor();
    await expect.poll(() => focused(page)).toBe("Actions for by keyboard");

    await actByKeyboard(page, "by keyboard", ["End"]);
    await page.getByRole("dialog").locator("button.danger:not([aria-disabled])").waitFor();
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
