import type { Locator, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { adminAtWork, issueKey, syncAs, useControlPlane } from "../../support/page/beside.ts";
import { lacksBrowser, useBrowser } from "../../support/page/browser.ts";
import { holdAnswers } from "../../support/page/held-answers.ts";
import { choose, rowOf, signIn } from "../../support/page/operator.ts";

const browse = useBrowser();
const controlPlane = useControlPlane();
/** For a busy machine: only a step that fails takes this long. */
const PATIENT = { timeout: 20_000 };

/** Without the setting that asks for less motion. */
describe.skipIf(lacksBrowser)("nothing flickers or jumps", () => {
  it("a menu is seen only where it belongs", async () => {
    const { url } = controlPlane();
    await issueKey(await adminAtWork(url), { name: "with a menu" });
    const page = await browse({ isMoving: true });
    await signIn(page, url, "/api-keys?search=with+a+menu");
    await rowOf(page, "with a menu").waitFor();
    const button = page.getByRole("button", { name: "Actions for with a menu" });
    // In the step in which the browser opens it, before the page hears of it.
    const visibility = await button.evaluate((element: HTMLElement) => {
      element.click();
      const menu = document.querySelector("[role=menu]:popover-open");
      return menu === null ? "closed" : getComputedStyle(menu).visibility;
    });
    expect(visibility).toBe("hidden");
    const menu = page.getByRole("menu");
    await menu.waitFor();
    const [at, opened] = [await button.boundingBox(), await menu.boundingBox()];
    expect((opened?.y ?? 0) - (at?.y ?? 0) - (at?.height ?? 0)).toBe(4);
  });

  it("a list stays while it is sorted, with the focus in its head, until that takes long", async () => {
    const { url } = controlPlane();
    const admin = await adminAtWork(url);
    for (const name of ["stays b", "stays c", "stays a"]) {
      await issueKey(admin, { name });
    }
    const page = await browse({ isMoving: true });
    await page.clock.install();
    await signIn(page, url, "/api-keys?search=stays");
    await rowOf(page, "stays a").waitFor();
    await page.clock.pauseAt(Date.now() + 3_600_000);
    const held = await holdAnswers(page, "ApiKeys");
    const names = () => page.locator("tbody .name").allTextContents();
    const head = page.getByRole("columnheader", { name: "Name" });
    const columns = await columnEdges(page);
    await head.getByRole("link").click();
    await page.clock.runFor(100);
    await expect.poll(() => head.getAttribute("aria-sort"), PATIENT).toBe("ascending");
    expect(await names()).toEqual(["stays a", "stays c", "stays b"]);
    expect(await columnEdges(page)).toEqual(columns);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Name");
    await held.release();
    await expect
      .poll(async () => {
        await page.clock.runFor(20);
        return await names();
      }, PATIENT)
      .toEqual(["stays a", "stays b", "stays c"]);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Name");
    const again = await holdAnswers(page, "ApiKeys");
    await head.getByRole("link").click();
    await page.clock.runFor(1000);
    await page.getByText("Loading…").waitFor({ state: "attached" });
    expect(await names()).toEqual([]);
    await again.release();
  });

  it("no column moves with the arrow of the order", async () => {
    const { url } = controlPlane();
    const { secret } = await issueKey(await adminAtWork(url), { name: "still" });
    expect(await syncAs(url, secret, "still-1")).toBe(200);
    const page = await browse({ isMoving: true });
    await page.clock.install();
    await signIn(page, url, "/executors?search=still-1&sort=name");
    await rowOf(page, "still-1").waitFor();
    await page.clock.pauseAt(Date.now() + 3_600_000);
    const head = (name: string) => page.getByRole("columnheader", { name }).getByRole("link");
    // Its column is as wide as its head, so an arrow that takes room there moves the others.
    const widths = [head("First connected"), page.locator("tbody td.minor time")].map((each) =>
      each.evaluate((element) => element.getBoundingClientRect().width),
    );
    const [ofHead = 0, ofCell = 0] = await Promise.all(widths);
    expect(ofHead).toBeGreaterThan(ofCell + 20);
    const columns = await columnEdges(page);
    for (const arrow of ["↓", "↑"]) {
      await head("First connected").click();
      await expect
        .poll(async () => {
          await page.clock.runFor(100);
          return head("First connected").evaluate((link) => getComputedStyle(link, "::after").content);
        }, PATIENT)
        .toContain(arrow);
      expect(await columnEdges(page)).toEqual(columns);
    }
  });

  it("a dialog of which a part is loaded appears whole", async () => {
    const { url } = controlPlane();
    const { secret } = await issueKey(await adminAtWork(url), { name: "in one piece" });
    expect(await syncAs(url, secret, "piece-1")).toBe(200);
    const page = await browse({ isMoving: true });
    await signIn(page, url, "/api-keys?search=in+one+piece");
    await rowOf(page, "in one piece").waitFor();
    const held = await holdAnswers(page, "KeyReach");
    const dialog = await choose(page, "in one piece", "Rotate");
    await dialog.getByText("Looking for executors").waitFor();
    expect(await opacitiesOf(dialog)).toEqual(WAITS);
    await held.release();
    await dialog.getByLabel("Revoke it now").check();
    expect(await opacitiesOf(dialog)).toEqual([]);
  });

  it.each([true, false])(
    "what stands for a list appears only if loading takes long: moving %s",
    async (isMoving) => {
      const { url } = controlPlane();
      const page = await browse({ isMoving });
      await signIn(page, url);
      await page.getByRole("heading", { name: "API keys", exact: true }).waitFor();
      const held = await holdAnswers(page, "ExecutorList");
      await page.getByRole("link", { name: "Executors" }).click();
      // Until then, what is seen may stand for the list before.
      await page.getByRole("heading", { name: "Executors", exact: true }).waitFor();
      const skeleton = page.locator(".skeleton");
      await skeleton.waitFor();
      expect(await opacitiesOf(skeleton)).toEqual(WAITS);
      await held.release();
    },
  );

  it("a message catches no click", async () => {
    const { url } = controlPlane();
    const page = await browse({ isMoving: true });
    await signIn(page, url);
    await page.getByRole("searchbox").first().fill("exc_abcdefghijklmnop");
    const message = page.getByText("That may be part of a key, so it was not sent.");
    await message.waitFor();
    const isHit = await message.evaluate((element) => {
      const { x, y, width, height } = element.getBoundingClientRect();
      return element.contains(document.elementFromPoint(x + width / 2, y + height / 2));
    });
    expect(isHit).toBe(false);
  });
});

/** Not seen until 0.3 s after it came, and then soon. */
const WAITS = [0, 1];

/**
 * What an element that is animated shows just before 0.3 s have passed, and at the end of its
 * animation; nothing if it is not animated.
 */
function opacitiesOf(locator: Locator): Promise<readonly number[]> {
  return locator.evaluate((element) => {
    // Also one that has ended: set back, it shows what it showed.
    const { animationName } = getComputedStyle(element);
    if (animationName === "none") {
      return [];
    }
    element.style.animationName = "none";
    element.getAnimations();
    element.style.animationName = "";
    const [animation] = element.getAnimations();
    if (animation === undefined) {
      return [];
    }
    animation.pause();
    return [299, 600].map((ms) => {
      animation.currentTime = ms;
      return Number(getComputedStyle(element).opacity);
    });
  });
}

function columnEdges(page: Page): Promise<readonly number[]> {
  return page.locator("thead th").evaluateAll((heads) => heads.map((each) => each.getBoundingClientRect().x));
}
