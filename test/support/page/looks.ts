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
  // As a window of 1280 pixels at 200 %.
  { name: "large", colorScheme: "light", width: 640 },
  { name: "forced", colorScheme: "dark", width: 1280, forcedColors: "active" },
];

/** Looks at what the page shows now, and keeps a picture of it. */
export type Seen = (name: string) => Promise<void>;

/** Axe finds nothing, nothing is wider than the window, and nothing moves. */
export function seenOn(page: Page, look: string): Seen {
  return async (name) => {
    await expectAccessible(page);
    const { scrollWidth, clientWidth } = await page.evaluate(() => document.documentElement);
    expect(scrollWidth, `${name} is wider than its window`).toBe(clientWidth);
    expect(await page.evaluate(() => document.getAnimations().length), `${name} moves`).toBe(0);
    mkdirSync(SHOTS, { recursive: true });
    // A screenshot must not contain a key: the dialogs that show one have it covered.
    const mask = [page.getByRole("dialog").locator("code", { hasText: /exc_\w/ })];
    await page.screenshot({ path: join(SHOTS, `${name}-${look}.png`), mask });
  };
}
