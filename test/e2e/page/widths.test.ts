import { describe, expect, it } from "vitest";
import { adminAtWork, issueKey, syncAs, useControlPlane } from "../../support/page/beside.ts";
import { lacksBrowser, useBrowser } from "../../support/page/browser.ts";
import { signIn } from "../../support/page/operator.ts";

const browse = useBrowser();
const controlPlane = useControlPlane();

/** From the narrowest phone to a wide screen; also where the layout changes, and around it. */
const WIDTHS = [
  320, 360, 390, 480, 536, 640, 700, 760, 761, 820, 900, 1000, 1031, 1033, 1100, 1240, 1280, 1440, 1920,
];
const PLACES = ["/", "/api-keys", "/executors", "/audit", "/connect", "/members", "/account"];
/** Without a place to break the line. */
const LONG = "w".repeat(60);

describe.skipIf(lacksBrowser)("at any width", () => {
  it.each([...PLACES, "/executors/of-long", "/api-keys/of-long"])(
    "nothing is wider than the window: %s",
    async (path) => {
      const { url } = controlPlane();
      const admin = await adminAtWork(url);
      const expiresAt = Date.now() + 86_400_000;
      const key = await issueKey(admin, { name: `${path} ${"M".repeat(20)}`.slice(0, 32), expiresAt });
      const name = `${LONG}${path}`;
      expect(await syncAs(url, key.secret, name, { hostName: `${LONG}.${LONG}.example.com` })).toBe(200);
      await admin.graphql("mutation($id: ID!) { rotateApiKey(id: $id) { note } }", { id: key.id });
      expect(await syncAs(url, key.secret, name)).toBe(401);
      const page = await browse();
      const places: Readonly<Record<string, string>> = {
        "/executors/of-long": `/executors?search=${name}`,
        "/api-keys/of-long": `/api-keys/${key.id}`,
      };
      await signIn(page, url, places[path] ?? path);
      if (path === "/executors/of-long") {
        await page.getByRole("link", { name, exact: true }).click();
        await page.getByRole("img").waitFor();
      }
      await page.locator("tbody tr, .problems, form").first().waitFor();
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        const sizes = await page.evaluate(() => {
          const { scrollWidth, clientWidth } = document.documentElement;
          return { scrollWidth, clientWidth };
        });
        expect(sizes.scrollWidth, `at ${width}`).toBe(sizes.clientWidth);
      }
    },
  );

  it("a long host name or person leaves the short columns whole", async () => {
    const { url } = controlPlane();
    const admin = await adminAtWork(url);
    const key = await issueKey(admin, { name: "edge keys" });
    const name = "edge-fra-prod-17";
    expect(await syncAs(url, key.secret, name, { hostName: `${LONG}.${LONG}.example.com` })).toBe(200);
    const page = await browse();
    await signIn(page, url, `/executors?search=${name}`);
    const link = page.getByRole("link", { name, exact: true });
    await link.waitFor();
    for (const width of WIDTHS.filter((each) => each >= 1033)) {
      await page.setViewportSize({ width, height: 900 });
      expect(await link.evaluate((shown) => shown.getClientRects().length), `at ${width}`).toBe(1);
    }
  });
});
