import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { ROOT } from "../source-files.ts";
import { expectAccessible } from "./axe.ts";
import type { LookOptions } from "./browser.ts";

const SHOTS = join(ROOT, "test-results/page");

export interface Look extends LookOptions {
  readonly name: string;
  readonly width: number;
}

/** In every one of them, motion is reduced: the browsers of all tests ask for that. */
export const LOOKS: readonly Look[] = [
  { name: "light", colorScheme: "light", width: 1280 },
  { name: "dark", colorScheme: "dark", width: 1280 },
  { name: "phone", colorScheme: "light", width: 320 },
  // As a window of 1280 × 800 pixels at 200 %.
  { name: "large", colorScheme: "light", width: 640, height: 400 },
  { name: "forced", colorScheme: "dark", width: 1280, forcedColors: "active" },
];

/** Looks at what the page shows now, and keeps a picture of it. */
export type Seen = (name: string) => Promise<void>;

/** Where the navigation names the page that is shown; undefined: not at all. */
function currentPlace(page: Page): Promise<{ readonly left: number; readonly right: number } | undefined> {
  return page.evaluate(() => {
    const { left, right } = document.querySelector("nav [aria-current]")?.getBoundingClientRect() ?? {};
    return left === undefined || right === undefined ? undefined : { left, right };
  });
}

/** Words in empty fields that are longer than these, and buttons of dialogs that leave their row. */
function cutOff(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const inside = (element: Element) => {
      const { paddingLeft, paddingRight } = getComputedStyle(element);
      const { left, right } = element.getBoundingClientRect();
      return { left: left + Number.parseFloat(paddingLeft), right: right - Number.parseFloat(paddingRight) };
    };
    const fields = [...document.querySelectorAll<HTMLInputElement>("input[placeholder]")].filter((field) => {
      const { value } = field;
      // Measured as a value: no browser says how much of a placeholder it shows.
      field.value = field.placeholder;
      const isCut = field.scrollWidth > field.clientWidth;
      field.value = value;
      return isCut;
    });
    const buttons = [...document.querySelectorAll<HTMLElement>(".dialog-buttons button")].filter((button) => {
      const row = button.parentElement === null ? undefined : inside(button.parentElement);
      const { left, right } = button.getBoundingClientRect();
      return row === undefined || left < row.left - 0.5 || right > row.right + 0.5;
    });
    return [...fields.map(({ placeholder }) => placeholder), ...buttons.map((button) => button.innerText)];
  });
}

/**
 * Axe finds nothing, nothing is wider than the window or cut off, nothing moves, and the navigation shows
 * where one is.
 */
export function seenOn(page: Page, look: string): Seen {
  return async (name) => {
    await expectAccessible(page);
    const { scrollWidth, clientWidth } = await page.evaluate(() => {
      // An element itself would arrive without its sizes.
      const { documentElement } = document;
      return { scrollWidth: documentElement.scrollWidth, clientWidth: documentElement.clientWidth };
    });
    expect(scrollWidth, `${name} is wider than its window`).toBe(clientWidth);
    expect(await page.evaluate(() => document.getAnimations().length), `${name} moves`).toBe(0);
    const current = await currentPlace(page);
    expect(current?.left ?? 0, `${name}: the current page is cut off`).toBeGreaterThanOrEqual(0);
    expect(current?.right ?? 0, `${name}: the current page is cut off`).toBeLessThanOrEqual(clientWidth);
    expect(await cutOff(page), `${name}: cut off`).toEqual([]);
    mkdirSync(SHOTS, { recursive: true });
    // A screenshot must not contain a key: the dialogs that show one have it covered.
    const mask = [page.getByRole("dialog").locator("code:visible", { hasText: /exc_\w/ })];
    // All of the page: what lies above it, such as a dialog, belongs to the window.
    const fullPage = (await page.locator("dialog[open], [popover]:popover-open").count()) === 0;
    await page.screenshot({ path: join(SHOTS, `${name}-${look}.png`), mask, fullPage });
  };
}
