import { describe, expect, it } from "vitest";
import { expectAccessible } from "../../../support/page/axe.ts";
import {
  adminAtWork,
  inviteAndAccept,
  issueKey,
  syncAs,
  useControlPlane,
} from "../../../support/page/beside.ts";
import { lacksBrowser, useBrowser } from "../../../support/page/browser.ts";
import { rowOf, signIn } from "../../../support/page/operator.ts";
import { DATE_SUFFIX } from "../../../support/page/times.ts";

const browse = useBrowser();
const controlPlane = useControlPlane();
const ROTATE = `mutation($id: ID!) { issued: rotateApiKey(id: $id) { apiKey { id } secret } }`;
const REVOKE = "mutation($id: ID!) { revokeApiKey(id: $id) { id } }";

describe.skipIf(lacksBrowser)("the page of a key", () => {
  it("says who is on it now and who was before, its last use with the address, and where it leads", async () => {
    const { url } = controlPlane();
    const admin = await adminAtWork(url);
    const shared = await issueKey(admin, { name: "of three" });
    for (const name of ["three-1", "three-2", "three-3"]) {
      expect(await syncAs(url, shared.secret, name)).toBe(200);
    }
    const own = await issueKey(admin, { name: "of three-2 alone", target: "three-2" });
    expect(await syncAs(url, own.secret, "three-2")).toBe(200);
    const page = await browse();
    await signIn(page, url);
    await page.getByRole("link", { name: "of three", exact: true }).click();
    await page.getByRole("heading", { name: "of three", level: 1 }).waitFor();
    await page.getByText("2 executors on it now").waitFor();
    const now = page.getByRole("table", { name: "Executors on this key now" });
    expect(await now.locator("tbody .name").allTextContents()).toEqual(["three-1", "three-3"]);
    const before = page.getByRole("table", { name: "Executors that were on this key before" });
    expect(await before.locator("tbody .name").allTextContents()).toEqual(["three-2"]);
    await page.locator(".facts").getByText("by three-3").waitFor();
    await page.locator(".facts").getByText("from 127.0.0.1").waitFor();
    await expectAccessible(page);
    // It is the same page after a reload, and every name leads on.
    await page.reload();
    await now.getByRole("link", { name: "three-1" }).click();
    await page.getByRole("heading", { name: "three-1" }).waitFor();
    await page.locator(".facts").getByRole("link", { name: "of three" }).click();
    await page.getByRole("heading", { name: "of three", level: 1 }).waitFor();
  });

  it("says that nobody needs it, whether it was never used or is no longer", async () => {
    const { url } = controlPlane();
    const admin = await adminAtWork(url);
    const unused = await issueKey(admin, { name: "never used" });
    const first = await issueKey(admin, { name: "left behind" });
    expect(await syncAs(url, first.secret, "mover")).toBe(200);
    const waiting = await issueKey(admin, { name: "for the mover", target: "mover" });
    const page = await browse();
    await signIn(page, url, `/api-keys/${waiting.id}`);
    await page.getByText("It was made for mover, which has not used it.").waitFor();
    expect(await syncAs(url, waiting.secret, "mover")).toBe(200);
    await page.getByText("One executor on it now").waitFor();
    await page.goto(`${url}/api-keys/${first.id}`);
    await page.getByText("Nobody is on it: you may revoke it.").waitFor();
    await page.getByText("One executor used it before, and is on another key now.").waitFor();
    await page.goto(`${url}/api-keys/${unused.id}`);
    await page.getByText("It was never used.").waitFor();
    await page.getByRole("button", { name: "Revoke" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await page.locator(".status-line").getByText("Revoked").waitFor();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("heading", { name: "API keys", exact: true }).waitFor();
    await rowOf(page, "never used").waitFor({ state: "detached" });
    await page.goto(`${url}/api-keys/${unused.id}`);
    await page.getByText("has no key with this ID").waitFor();
    await page.getByRole("main").getByRole("link", { name: "the audit log" }).click();
    await rowOf(page, "never used").first().waitFor();
  });

  it("shows the chain of rotations, who still knocks with a key that ended, and its history in words", async () => {
    const { url } = controlPlane();
    const admin = await adminAtWork(url);
    const first = await issueKey(admin, { name: "chained" });
    expect(await syncAs(url, first.secret, "knocker")).toBe(200);
    expect((await admin.graphql(ROTATE, { id: first.id })).status).toBe(200);
    expect(await syncAs(url, first.secret, "knocker")).toBe(401);
    const page = await browse();
    await signIn(page, url, `/api-keys/${first.id}`);
    await page.getByText("Still asking:").waitFor();
    await page.getByText(/from 127\.0\.0\.1.*This key was rotated/).waitFor();
    expect(await page.getByRole("main").textContent()).not.toMatch(/\d{4}-\d\d-\d\d[T ]\d/);
    await page.getByText("One executor still on it, and refused:").waitFor();
    const successor = `chained ${DATE_SUFFIX}`;
    const chain = page.locator(".chain li");
    expect(await chain.count()).toBe(2);
    expect(await chain.nth(1).getAttribute("aria-current")).toBe("true");
    await page
      .locator(".history")
      .getByText(new RegExp(`rotated to ${successor}, and revoked`, "u"))
      .waitFor();
    await expectAccessible(page);
    await chain.getByRole("link", { name: new RegExp(`^${successor}`, "u") }).click();
    await page.getByRole("heading", { name: new RegExp(`^${successor}$`, "u") }).waitFor();
    await page.locator(".history").getByText("created by a rotation of chained").waitFor();
  });

  it("offers a member no action, and another organization's key to nobody", async () => {
    const { url } = controlPlane();
    const admin = await adminAtWork(url);
    const { id } = await issueKey(admin, { name: "looked at" });
    await admin.graphql(REVOKE, { id });
    const page = await browse();
    const member = await inviteAndAccept(url, "looker@example.com", "member");
    await signIn(page, url, `/api-keys/${id}`, member);
    await page.getByRole("heading", { name: "looked at" }).waitFor();
    expect(await page.getByRole("main").getByRole("button").count()).toBe(0);
    for (const strange of ["none", "%E0", `${id}0`, "__proto__"]) {
      await page.goto(`${url}/api-keys/${strange}`);
      await page.getByText("has no key with this ID").waitFor();
    }
  });
});
