import { describe, expect, it } from "vitest";
import { expectAccessible } from "../../../support/page/axe.ts";
import { inviteAndAccept, useControlPlane } from "../../../support/page/beside.ts";
import { lacksBrowser, useBrowser } from "../../../support/page/browser.ts";
import { rowOf, signIn } from "../../../support/page/operator.ts";

const browse = useBrowser();
const controlPlane = useControlPlane();
const UNAUTHORIZED = /status of 401/;

describe.skipIf(lacksBrowser)("the account page", () => {
  it("changes the name, which others see", async () => {
    const { url } = controlPlane();
    const page = await browse();
    await signIn(page, url, "/account", await inviteAndAccept(url, "renamed@example.com", "member"));
    await page.getByLabel("Name").fill("Ada Lovelace");
    await page.getByRole("button", { name: "Save name" }).click();
    await page.locator(".account .name").getByText("Ada Lovelace").waitFor();
    await page.getByRole("link", { name: "Members" }).click();
    await rowOf(page, "Ada Lovelace").getByText("renamed@example.com").waitFor();
  });

  it("lists the sign-ins, signs one out elsewhere, then all, and holds no token", async () => {
    const { url } = controlPlane();
    const person = await inviteAndAccept(url, "twice@example.com", "member");
    const page = await browse();
    const other = await browse({ mayLog: UNAUTHORIZED });
    await signIn(page, url, "/account", person);
    await signIn(other, url, "/executors", person);
    await page.getByRole("row", { name: /now, this browser/ }).waitFor();
    await page.getByRole("button", { name: /^Sign out Chrome on Linux/ }).click();
    await page.getByRole("dialog").getByText("signed out at once").waitFor();
    await expectAccessible(page);
    await page.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
    await other.getByRole("heading", { name: "Sign in" }).waitFor();
    await signIn(other, url, "/executors", person);
    await page.getByRole("button", { name: "Sign out everywhere else" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
    await other.getByRole("heading", { name: "Sign in" }).waitFor();
    await expect.poll(() => page.locator("tbody tr").count()).toBe(1);
    const cookie = (await page.context().cookies()).find(({ name }) => name.endsWith("session_token"));
    const token = decodeURIComponent(cookie?.value ?? "none").split(".")[0] ?? "none";
    expect(token.length).toBeGreaterThan(20);
    expect(await page.content()).not.toContain(token);
  });

  it("leaves an organization, which its last owner cannot", async () => {
    const { url } = controlPlane();
    const page = await browse();
    await signIn(page, url, "/account");
    await page.getByText("It has no other owner, so you cannot leave it").waitFor();
    expect(await page.getByRole("button", { name: /^Leave/ }).count()).toBe(0);
    const leaver = await browse();
    await signIn(leaver, url, "/account", await inviteAndAccept(url, "leaver@example.com", "admin"));
    await leaver.getByRole("button", { name: /^Leave / }).click();
    await leaver.getByRole("dialog").getByText("You no longer see its keys and executors").waitFor();
    await expectAccessible(leaver);
    await leaver.getByRole("dialog").getByRole("button", { name: "Leave" }).click();
    await leaver.getByText("ask an owner or admin for an invitation").waitFor();
    await page.goto(`${url}/members`);
    await rowOf(page, "admin").waitFor();
    expect(await rowOf(page, "leaver@example.com").count()).toBe(0);
  });
});
