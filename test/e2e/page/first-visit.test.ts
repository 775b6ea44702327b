import { describe, expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import { startControlPlane } from "../../support/control-plane/control-plane.ts";
import { ADMIN, peopleEnv } from "../../support/control-plane/people.ts";
import { isOnPostgres } from "../../support/control-plane/test-database.ts";
import { freePort } from "../../support/free-port.ts";
import { expectAccessible } from "../../support/page/axe.ts";
import { useControlPlane } from "../../support/page/beside.ts";
import { everythingHeld, lacksBrowser, openTab, useBrowser } from "../../support/page/browser.ts";

const link = z.object({ url: z.string() });
const open = useBrowser();

/** A control plane in which nobody has an account; `dev` as in `novacula-agent dev`. */
async function startEmpty(args: readonly string[] = []) {
  const port = await freePort();
  const {
    INITIAL_ADMIN_EMAIL: _,
    INITIAL_ADMIN_PASSWORD: __,
    BETTER_AUTH_SECRET = "",
    ...env
  } = peopleEnv(`http://127.0.0.1:${port}`);
  // With SQLite it makes its own.
  const secret = isOnPostgres() ? { BETTER_AUTH_SECRET } : {};
  const controlPlane = await startControlPlane({ port, env: { ...env, ...secret }, args });
  onTestFinished(async () => void (await controlPlane.stop()));
  return controlPlane;
}

describe.skipIf(lacksBrowser)("the first visit", () => {
  it("creates the first account by a set-up link, whose secret is nowhere afterwards", async () => {
    const controlPlane = await startEmpty();
    const { url } = link.parse(await controlPlane.management("setup-link"));
    const [, secret = "none"] = url.split("#");
    const page = await open();
    await page.goto(url);
    await page.getByRole("heading", { name: "Set up the control plane" }).waitFor();
    expect(page.url()).toBe(`${controlPlane.url}/setup`);
    expect(await everythingHeld(page)).not.toContain(secret);
    await expectAccessible(page);
    await page.getByLabel("Your name").fill("Ada");
    await page.getByLabel("E-mail").fill(ADMIN.email);
    await page.getByLabel("Choose a password").fill(ADMIN.password);
    await page.getByRole("button", { name: "Create account" }).click();
    await page.getByRole("heading", { name: "Connect an executor" }).waitFor();
    await page.goBack();
    expect(await everythingHeld(page)).not.toContain(secret);

    const other = await open({ mayLog: /status of 400/u });
    await other.goto(url);
    await other.getByLabel("Your name").fill("Eve");
    await other.getByLabel("E-mail").fill("eve@example.com");
    await other.getByLabel("Choose a password").fill(ADMIN.password);
    await other.getByRole("button", { name: "Create account" }).click();
    await other.getByText("Somebody has an account already").waitFor();
  });

  it.each(["/setup", "/sign-in"])("says so of a link that was cut off: %s", async (path) => {
    const controlPlane = await startEmpty();
    const page = await open();
    await page.goto(`${controlPlane.url}${path}#${"x".repeat(42)}`);
    await page.getByText("The link is not whole. Copy all of it, up to its last character.").waitFor();
    expect(await page.getByLabel("Choose a password").count()).toBe(0);
    expect(page.url()).toBe(`${controlPlane.url}${path}`);
    if (path === "/sign-in") {
      await page.getByRole("link", { name: "Sign in with a password" }).click();
      await page.getByRole("heading", { name: "Sign in", exact: true }).waitFor();
    }
  });

  it("says how to get a link where there is none", async () => {
    const controlPlane = await startEmpty();
    const page = await open({ colorScheme: "dark", width: 390 });
    await page.goto(`${controlPlane.url}/setup`);
    await page.getByText("sudo novacula-control-plane setup-link").waitFor();
    await expectAccessible(page);
  });

  it("signs in by the link of dev, once, and shows what to try", async () => {
    const controlPlane = await startEmpty(["--dev", "novacula-agent set-key -c dev.toml"]);
    const { url } = link.parse(await controlPlane.management("sign-in-link"));
    const [, secret = "none"] = url.split("#");
    const page = await open();
    await page.goto(url);
    await page.getByRole("heading", { name: "Rotate the key, without interruption" }).waitFor();
    expect(page.url()).toBe(`${controlPlane.url}/executors`);
    expect(await everythingHeld(page)).not.toContain(secret);
    await page.getByText("novacula-agent set-key -c dev.toml").waitFor();
    await expectAccessible(page);

    const other = await open({ mayLog: /status of 403/u });
    await other.goto(url);
    await other.getByRole("heading", { name: "This link does not sign in" }).waitFor();
    await other.getByText("This link is not valid: it was used").waitFor();
    await expectAccessible(other);
  });
});

describe.skipIf(lacksBrowser)("another address than the page's", () => {
  const controlPlane = useControlPlane();

  it.each(["/audit?action=key.revoked", "/sign-in"])(
    "shows the right one as a link, from %s",
    async (path) => {
      const page = await open({ mayLog: /status of 403/u });
      const { url, port } = controlPlane();
      await page.goto(`http://localhost:${port}${path}`);
      await page.getByRole("heading", { name: "This page has another address" }).waitFor();
      await expectAccessible(page);
      await page.getByRole("link", { name: url }).click();
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      expect(page.url()).toBe(`${url}${path}`);
      const tab = await openTab(page);
      await tab.goto(url);
      await tab.getByRole("heading", { name: "Sign in" }).waitFor();
    },
  );
});
