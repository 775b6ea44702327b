import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { delay } from "../../../src/lib/delay.ts";
import { adminAtWork, issueKey, syncAs, useControlPlane } from "../../support/page/beside.ts";
import { lacksBrowser, useBrowser } from "../../support/page/browser.ts";
import { signIn } from "../../support/page/operator.ts";

const MAX_FIRST_BYTES = 45_000;
const MAX_QUIET_BYTES = 5000;
const QUIET_MS = 20_000;
const KEYS = 50;

const controlPlane = useControlPlane();
const open = useBrowser();

/** Counts what arrives, headers and all, as the browser's own tools do. */
async function countBytes(page: Page) {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  const counted = { bytes: 0, requests: 0 };
  session.on("Network.loadingFinished", ({ encodedDataLength }) => {
    counted.bytes += encodedDataLength;
    counted.requests += 1;
  });
  return counted;
}

describe.skipIf(lacksBrowser)("the weight of the page", { timeout: 240_000 }, () => {
  it("is small at the first visit, and nothing blocks the first picture", async () => {
    const page = await open();
    const counted = await countBytes(page);
    await signIn(page, controlPlane().url, "/");
    await page.getByRole("heading", { name: "Overview", exact: true }).waitFor();
    await page.waitForLoadState("networkidle").catch(() => undefined);
    expect(counted.bytes).toBeGreaterThan(10_000);
    expect(counted.bytes).toBeLessThanOrEqual(MAX_FIRST_BYTES);
    const blocking = await page.evaluate(() =>
      performance
        .getEntriesByType("resource")
        .filter((entry) => "renderBlockingStatus" in entry && entry.renderBlockingStatus === "blocking")
        .map(({ name }) => name),
    );
    expect(blocking).toEqual([]);
    const [document] = await page.evaluate(() =>
      performance
        .getEntriesByType("resource")
        .map(({ name }) => name)
        .filter((name) => name.endsWith(".js")),
    );
    expect(document).toMatch(/\/assets\/.*\.js$/u);
    // A second visit loads no script again, and does not even ask whether it is still the same.
    counted.bytes = 0;
    await page.reload();
    await page.getByRole("heading", { name: "Overview", exact: true }).waitFor();
    expect(counted.bytes).toBeLessThan(10_000);
    const sizes = await page.evaluate(() =>
      performance
        .getEntriesByType("resource")
        .flatMap((entry) => (entry instanceof PerformanceResourceTiming ? [entry] : []))
        .filter(({ name }) => name.includes("/assets/"))
        .map(({ transferSize }) => transferSize),
    );
    expect(sizes.length).toBeGreaterThan(0);
    expect(sizes.filter((size) => size > 0)).toEqual([]);
  });

  it("is next to nothing while /api-keys and /executors are quiet", async () => {
    const { url } = controlPlane();
    const admin = await adminAtWork(url);
    for (let n = 0; n < KEYS; n += 1) {
      const { secret } = await issueKey(admin, { name: `key ${n}` });
      await syncAs(url, secret, `executor-${n}`);
    }
    const looks = await Promise.all(["/api-keys", "/executors"].map((path) => openFull(url, path)));
    // Until nothing that was created is new any more: the executors go offline.
    await delay(35_000, new AbortController().signal);
    const counts = await Promise.all(looks.map(countBytes));
    await delay(QUIET_MS, new AbortController().signal);
    for (const { requests, bytes } of counts) {
      expect(requests).toBeGreaterThanOrEqual(4);
      expect(bytes).toBeLessThanOrEqual(MAX_QUIET_BYTES);
    }
  });
});

/** A page, once its table has all rows. */
async function openFull(url: string, path: string): Promise<Page> {
  const page = await open();
  await signIn(page, url, path);
  await page
    .locator("tbody tr")
    .nth(KEYS - 1)
    .waitFor();
  return page;
}
