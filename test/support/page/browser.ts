import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { lacks } from "../requires.ts";

/** Chromium without its own windows: it takes half of the processor time of `chromium --headless`. */
const CHROMIUM = "/usr/bin/chromium-headless-shell";
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** Generous, for a busy machine: only a step that fails takes this long. */
const STEP_TIMEOUT_MS = 45_000;

/** Whether this machine has no browser. */
export const lacksBrowser = lacks("chromium-headless-shell", existsSync(CHROMIUM));

export interface LookOptions {
  readonly colorScheme?: "light" | "dark";
  readonly forcedColors?: "active";
  /** Of the window, in CSS pixels; 390 is a phone's. */
  readonly width?: number;
  readonly height?: number;
  /** Without the setting that asks for less motion, which is the default of all tests. */
  readonly isMoving?: boolean;
  /** What the browser may log: it logs each answer of 4xx and 5xx. Left out: nothing. */
  readonly mayLog?: RegExp;
  /** The test context's own, which concurrent tests must pass. */
  readonly atEnd?: AtEnd;
}

export type AtEnd = (end: () => void | Promise<void>) => void;

/** One browser for the tests of a file. */
export function useBrowser(): (options?: LookOptions) => Promise<Page> {
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (!lacksBrowser) {
      browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
    }
  });
  afterAll(() => browser?.close());
  return async (options = {}) => {
    if (browser === undefined) {
      throw new Error("there is no browser");
    }
    const context = await browser.newContext({
      colorScheme: options.colorScheme ?? "light",
      viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
      timezoneId: "Europe/Berlin",
      locale: "en-GB",
      reducedMotion: options.isMoving === true ? "no-preference" : "reduce",
      forcedColors: options.forcedColors ?? "none",
      permissions: ["clipboard-read", "clipboard-write"],
    });
    const atEnd = options.atEnd ?? onTestFinished;
    atEnd(() => context.close());
    context.setDefaultTimeout(STEP_TIMEOUT_MS);
    const page = await context.newPage();
    failOnComplaints(page, options.mayLog, atEnd);
    return page;
  };
}

/** Another tab of the same person. */
export async function openTab(
  page: Page,
  { mayLog, atEnd = onTestFinished }: LookOptions = {},
): Promise<Page> {
  const tab = await page.context().newPage();
  failOnComplaints(tab, mayLog, atEnd);
  return tab;
}

/** Makes the page believe that its tab is in the background; headless Chromium has none. */
export async function setHidden(page: Page, isHidden: boolean): Promise<void> {
  await page.evaluate((value) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => value });
    document.dispatchEvent(new Event("visibilitychange"));
  }, isHidden);
}

/** A violation of the Content-Security-Policy, an exception or a warning fails the test. */
function failOnComplaints(page: Page, mayLog: RegExp | undefined, atEnd: AtEnd): void {
  const complaints: string[] = [];
  const note = (text: string) => {
    if (mayLog?.test(text) !== true) {
      complaints.push(text);
    }
  };
  page.on("pageerror", (error) => note(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") {
      note(message.text());
    }
  });
  atEnd(() => expect(complaints).toEqual([]));
}

/** Everything in the browser that could still hold a secret: document, fields, storage, cookies. */
export async function everythingHeld(page: Page): Promise<string> {
  const held = await page.evaluate(() => {
    const fields = [...document.querySelectorAll("input, select, textarea")].map((field) =>
      "value" in field ? String(field.value) : "",
    );
    return [
      document.documentElement.outerHTML,
      ...fields,
      JSON.stringify(localStorage),
      JSON.stringify(sessionStorage),
      JSON.stringify(history.state),
      location.href,
      document.cookie,
    ].join("\n");
  });
  return held + JSON.stringify(await contextState(page.context()));
}

function contextState(context: BrowserContext): Promise<unknown> {
  return context.storageState({ indexedDB: true });
}
