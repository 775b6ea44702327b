import type { Page } from "playwright-core";
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
    const animation = () => dialog.evaluate((element) => getComputedStyle(element).animationName);
    // It begins after 0.3 s.
    expect(await animation()).toBe("appear");
    await held.release();
    await dialog.getByLabel("Revoke it now").check();
    expect(await animation()).toBe("none");
  });

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

function columnEdges(page: Page): Promise<readonly number[]> {
  return page.locator("thead th").evaluateAll((heads) => heads.map((each) => each.getBoundingClientRect().x));
}
