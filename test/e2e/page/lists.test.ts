import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { keyFingerprint } from "../../../src/protocol/fingerprint.ts";
import { adminAtWork, issueKey, syncAs, useControlPlane } from "../../support/page/beside.ts";
import { everythingHeld, lacksBrowser, useBrowser } from "../../support/page/browser.ts";
import { choose, rowOf, signIn } from "../../support/page/operator.ts";

const browse = useBrowser();
const controlPlane = useControlPlane();
const DAY_MS = 86_400_000;
/** For a busy machine: only a step that fails takes this long. */
const PATIENT = { timeout: 20_000 };

function names(page: Page): Promise<readonly string[]> {
  return page.locator("tbody .name").allTextContents();
}

/** Searches without the page's own button, as a person does with the keyboard. */
async function search(page: Page, text: string): Promise<void> {
  await page.getByRole("searchbox").first().fill(text);
}

/** Three pages of keys, and of audit events. */
async function issuePaged(url: string): Promise<void> {
  const admin = await adminAtWork(url);
  for (let count = 0; count < 120; count += 1) {
    await issueKey(admin, { name: `paged ${count}` });
  }
}

describe.skipIf(lacksBrowser)("lists", () => {
  let paged: Promise<void> | undefined;
  const issuePagedOnce = () => {
    paged ??= issuePaged(controlPlane().url);
    return paged;
  };

  it("filter and sort as the URL says, and the URL says what is chosen", async () => {
    const { url } = controlPlane();
    const admin = await adminAtWork(url);
    await issueKey(admin, { name: "sorted b", expiresAt: Date.now() + 5 * DAY_MS });
    await issueKey(admin, { name: "sorted c", expiresAt: Date.now() + 20 * DAY_MS });
    const ended = await issueKey(admin, { name: "sorted a" });
    await admin.graphql("mutation($id: ID!) { revokeApiKey(id: $id) { id } }", { id: ended.id });
    const page = await browse();
    await signIn(page, url, "/api-keys?search=sorted");
    await expect.poll(() => names(page), PATIENT).toEqual(["sorted a", "sorted c", "sorted b"]);
    await page.getByRole("columnheader", { name: "Name" }).getByRole("link").click();
    await expect.poll(() => names(page), PATIENT).toEqual(["sorted a", "sorted b", "sorted c"]);
    await page.getByRole("columnheader", { name: "Name" }).getByRole("link").click();
    await expect.poll(() => names(page), PATIENT).toEqual(["sorted c", "sorted b", "sorted a"]);
    expect(await page.getByRole("columnheader", { name: "Name" }).getAttribute("aria-sort")).toBe(
      "descending",
    );
    await page.getByLabel("Status").selectOption("Active");
    await page.getByRole("combobox", { name: "Expires" }).selectOption("within 7 d");
    await expect.poll(() => names(page), PATIENT).toEqual(["sorted b"]);
    await page.getByText("1 key", { exact: true }).waitFor();
    expect(new URL(page.url()).search).toBe("?search=sorted&sort=-name&status=active&expires=7d");
    await page.reload();
    await expect.poll(() => names(page), PATIENT).toEqual(["sorted b"]);
    await page.getByRole("button", { name: "Clear" }).click();
    await expect.poll(() => names(page), PATIENT).toEqual(["sorted c", "sorted b", "sorted a"]);
  });

  it.each([
    ["keys", "/api-keys?search=paged"],
    ["audit events", "/audit?target=paged"],
  ])("of %s go to the next page and back to the previous, with the same entries", async (_what, path) => {
    const { url } = controlPlane();
    await issuePagedOnce();
    const page = await browse();
    await signIn(page, url, path);
    await rowOf(page, "paged 119").waitFor();
    expect(await page.getByRole("link", { name: "Previous" }).count()).toBe(0);
    const seen: (readonly string[])[] = [await names(page)];
    for (const first of ["paged 69", "paged 19"]) {
      await page.getByRole("link", { name: "Next" }).click();
      await rowOf(page, first).waitFor();
      seen.push(await names(page));
    }
    expect(seen.map(({ length }) => length)).toEqual([50, 50, 20]);
    expect(await page.getByRole("link", { name: "Next" }).count()).toBe(0);
    await page.getByRole("link", { name: "Previous" }).click();
    await rowOf(page, "paged 69").waitFor();
    expect(await names(page)).toEqual(seen[1]);
    await page.reload();
    await rowOf(page, "paged 69").waitFor();
    expect(await names(page)).toEqual(seen[1]);
    await page.getByRole("link", { name: "Previous" }).click();
    await rowOf(page, "paged 119").waitFor();
    expect(await names(page)).toEqual(seen[0]);
    expect(await page.getByRole("link", { name: "Previous" }).count()).toBe(0);
  });

  it("show in their fields what the URL says, also after Back and a link", async () => {
    const { url } = controlPlane();
    const page = await browse();
    await signIn(page, url);
    await page.locator("tbody tr").first().waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("zzz");
    await page.getByText("No key matches “zzz”.").waitFor();
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "API keys" }).click();
    await page.locator("tbody tr").first().waitFor();
    await expect.poll(() => page.getByRole("searchbox").first().inputValue(), PATIENT).toBe("");
    await page.goBack();
    await expect.poll(() => page.getByRole("searchbox").first().inputValue(), PATIENT).toBe("zzz");
    await page.goto(`${url}/audit`);
    await page.getByLabel("Who").fill("nobody");
    await page.waitForURL(/actor=nobody/);
    await page.getByRole("button", { name: "Clear" }).click();
    await expect.poll(() => page.getByLabel("Who").inputValue(), PATIENT).toBe("");
    await page.goBack();
    await expect.poll(() => page.getByLabel("Who").inputValue(), PATIENT).toBe("nobody");
  });

  it("find a pasted key by its fingerprint, and keep it out of the URL, the history and requests", async () => {
    const { url } = controlPlane();
    const { secret } = await issueKey(await adminAtWork(url), { name: "pasted" });
    const page = await browse();
    const sent: string[] = [];
    page.on("request", (request) => sent.push(request.url(), request.postData() ?? ""));
    await signIn(page, url);
    for (const [path, text] of [
      ["/api-keys", secret],
      ["/executors", `access_token = "${secret}"`],
      ["/audit", `Bearer ${secret} `],
    ] as const) {
      await page.goto(`${url}${path}`);
      await search(page, text);
      await page.waitForURL(`${url}/api-keys?search=${keyFingerprint(secret)}`);
      await expect.poll(() => names(page), PATIENT).toEqual(["pasted"]);
      expect(await everythingHeld(page)).not.toContain(secret.slice(0, 16));
    }
    for (const part of [secret.slice(0, 20), secret.slice(20), secret.toUpperCase()]) {
      await page.goto(`${url}/api-keys`);
      await search(page, part);
      await page.getByText("That may be part of a key, so it was not sent.").waitFor();
      expect(new URL(page.url()).search).toBe("");
      expect(await page.getByRole("searchbox").first().inputValue()).toBe("");
    }
    await page.evaluate(
      (key) => history.pushState(null, "", `/api-keys?search=${key}&status=active`),
      secret,
    );
    await page.evaluate(() => dispatchEvent(new PopStateEvent("popstate")));
    await page.waitForURL(`${url}/api-keys?status=active`);
    expect(sent.filter((each) => each.includes(secret.slice(4, 20)))).toEqual([]);
  });

  it("keep scroll and focus on Back, and an open menu at its button", async () => {
    const { url } = controlPlane();
    await issuePagedOnce();
    const page = await browse();
    await signIn(page, url, "/api-keys?search=paged");
    const link = page.getByRole("link", { name: "paged 85", exact: true });
    await link.scrollIntoViewIfNeeded();
    await page.evaluate(() => window.scrollBy(0, 200));
    const before = await page.evaluate(() => window.scrollY);
    expect(before).toBeGreaterThan(300);
    await link.click();
    await page.getByRole("heading", { name: "paged 85" }).waitFor();
    await page.goBack();
    await expect.poll(() => page.evaluate(() => window.scrollY), PATIENT).toBe(before);
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.textContent), PATIENT)
      .toBe("paged 85");
    const button = page.getByRole("button", { name: "Actions for paged 85" });
    await button.click();
    await page.evaluate(() => window.scrollBy(0, -60));
    const distance = async () => {
      const [at, menu] = [await button.boundingBox(), await page.getByRole("menu").boundingBox()];
      return (menu?.y ?? 0) - (at?.y ?? 0) - (at?.height ?? 0);
    };
    await expect.poll(distance, PATIENT).toBe(4);
    await page.evaluate(() => window.scrollTo(0, 0));
    await expect.poll(() => page.getByRole("menu").isVisible(), PATIENT).toBe(false);
  });

  it("put the focus on the heading when the only row goes", async () => {
    const { url } = controlPlane();
    const admin = await adminAtWork(url);
    const only = await issueKey(admin, { name: "the only one" });
    await admin.graphql("mutation($id: ID!) { revokeApiKey(id: $id) { id } }", { id: only.id });
    const page = await browse();
    await signIn(page, url, "/api-keys?search=the+only");
    await (await choose(page, "the only one", "Delete")).getByRole("button", { name: "Delete" }).click();
    await page.getByText("No key matches “the only”.").waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName), PATIENT).toBe("H1");
  });

  it("say who uses a key now, and who did before", async () => {
    const { url } = controlPlane();
    const admin = await adminAtWork(url);
    const first = await issueKey(admin, { name: "was used" });
    expect(await syncAs(url, first.secret, "wanderer")).toBe(200);
    const second = await issueKey(admin, { name: "is used", target: "wanderer" });
    expect(await syncAs(url, second.secret, "wanderer")).toBe(200);
    const page = await browse();
    await signIn(page, url, "/api-keys?search=used");
    await rowOf(page, "was used").getByText("before: wanderer").waitFor();
    expect(await rowOf(page, "is used").locator(".key-users").textContent()).toBe("wanderer");
  });

  it("offer the versions that executors run, with how many run them", async () => {
    const { url } = controlPlane();
    const admin = await adminAtWork(url);
    for (const [name, version] of [
      ["old", "1.9.0"],
      ["new", "1.10.0"],
      ["newer", "1.10.0"],
    ] as const) {
      const { secret } = await issueKey(admin, { name });
      expect(await syncAs(url, secret, name, { version })).toBe(200);
    }
    const page = await browse();
    await signIn(page, url, "/executors");
    const filter = page.getByRole("combobox", { name: "Version" });
    const options = () => filter.getByRole("option").allTextContents();
    await expect
      .poll(
        async () => (await options()).filter((each) => each.startsWith("1.1") || each.startsWith("1.9")),
        PATIENT,
      )
      .toEqual(["1.10.0 (2)", "1.9.0 (1)"]);
    await filter.selectOption("1.9.0");
    await expect.poll(() => names(page), PATIENT).toEqual(["old"]);
    expect(new URL(page.url()).search).toBe("?version=1.9.0");
    await page.goto(`${url}/executors?version=0.0.1`);
    await page.getByText("No executor matches the filters.").waitFor();
    expect(await filter.inputValue()).toBe("0.0.1");
  });

  it("wait on for a connecting executor after a reload", async () => {
    const { url } = controlPlane();
    const page = await browse();
    const { id, secret } = await issueKey(await adminAtWork(url), { name: "reloaded" });
    await signIn(page, url, `/connect?key=${id}&channel=beta`);
    await page.getByText("waiting for reloaded…").waitFor();
    await page.reload();
    await page.getByText("waiting for reloaded…").waitFor();
    await page.getByText('channel = "beta"').waitFor();
    expect(await syncAs(url, secret, "reloaded")).toBe(200);
    await page.getByText(/reloaded has been online since/).waitFor();
  });
});
