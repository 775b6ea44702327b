import { describe, expect, it, onTestFinished } from "vitest";
import { startWithPeople } from "../../support/control-plane/people.ts";
import { lacksBrowser, useBrowser } from "../../support/page/browser.ts";
import { signIn } from "../../support/page/operator.ts";

const browse = useBrowser();

describe.skipIf(lacksBrowser)("the audit", () => {
  it("names the keys that an event is about, with a line below the name alone", async () => {
    const server = await startWithPeople();
    onTestFinished(async () => void (await server.stop()));
    const old = await server.createKey({ name: "nightly" });
    const fresh = await server.rotateKey(old.id);
    const page = await browse();
    await signIn(page, server.url, "/audit");
    const created = page.locator("tbody tr").filter({ hasText: "replaces" });
    const link = created.getByRole("link", { name: `nightly ${old.fingerprint}` });
    await link.waitFor();
    await page
      .locator("tbody tr")
      .filter({ hasText: "replaced by" })
      .getByRole("link", { name: `${fresh.name} ${fresh.fingerprint}` })
      .waitFor();
    const lines = await link.evaluate((shown) =>
      [shown, ...shown.children].map((part) => getComputedStyle(part).textDecorationLine),
    );
    expect(lines).toEqual(["none", "underline", "none"]);
    await link.click();
    await page.getByRole("heading", { name: "nightly", exact: true }).waitFor();
  });

  it("says so of a key that is deleted by now", async () => {
    const server = await startWithPeople();
    onTestFinished(async () => void (await server.stop()));
    const old = await server.createKey({ name: "nightly" });
    await server.rotateKey(old.id);
    await server.management("keys", "delete", old.id);
    const page = await browse();
    await signIn(page, server.url, "/audit");
    const created = page.locator("tbody tr").filter({ hasText: "replaces" });
    await created.getByText(`a deleted key, ${old.id}`).waitFor();
  });
});
