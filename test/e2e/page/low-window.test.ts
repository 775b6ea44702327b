import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { adminAtWork, issueKey, syncAs, useControlPlane } from "../../support/page/beside.ts";
import { lacksBrowser, useBrowser } from "../../support/page/browser.ts";
import { choose, rowOf, signIn } from "../../support/page/operator.ts";

const browse = useBrowser();
const controlPlane = useControlPlane();

/** As a window of 1280 × 800 pixels at 200 %. */
const LOW = { width: 640, height: 400 };

describe.skipIf(lacksBrowser)("in a low window", () => {
  it("a dialog shows the field that a choice reveals, and what has the focus, above its buttons", async () => {
    const { url } = controlPlane();
    const admin = await adminAtWork(url);
    const key = await issueKey(admin, { name: "low", expiresAt: Date.now() + 86_400_000 * 60 });
    for (const name of ["low-1", "low-2"]) {
      expect(await syncAs(url, key.secret, name)).toBe(200);
    }
    const page = await browse(LOW);
    await signIn(page, url);
    await rowOf(page, "low").waitFor();
    const dialog = await choose(page, "low", "Rotate");
    await dialog.getByLabel("Keep it until…").check();
    await dialog.getByLabel("Revoke the old key at").waitFor();
    expect(await covered(page, "input[type=datetime-local]")).toBe(false);
    await dialog.evaluate((element) => element.scrollTo(0, 0));
    const seen = new Set<string>();
    for (let presses = 0; presses < 12; presses += 1) {
      await page.keyboard.press("Tab");
      const focused = await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 60) ?? "");
      seen.add(focused);
      expect(await covered(page, ":focus"), focused).toBe(false);
    }
    expect(seen.size).toBeGreaterThan(5);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "New key" }).click();
    await dialog.getByRole("radio", { name: "Other" }).check();
    await dialog.getByLabel("Days until it expires").waitFor();
    expect(await covered(page, "input[type=number]")).toBe(false);
  });
});

/** Whether a part of the element lies below the buttons of the dialog, or outside of it. */
function covered(page: Page, selector: string): Promise<boolean> {
  return page.evaluate((wanted) => {
    const element = document.querySelector(`dialog ${wanted}`);
    const dialog = element?.closest("dialog")?.getBoundingClientRect();
    const buttons = element?.closest("dialog")?.querySelector(".dialog-buttons");
    if (element === null || dialog === undefined || buttons === undefined || buttons === null) {
      return element !== null;
    }
    const { top, bottom } = element.getBoundingClientRect();
    const end = buttons.contains(element) ? dialog.bottom : buttons.getBoundingClientRect().top;
    return top < dialog.top || bottom > end;
  }, selector);
}
