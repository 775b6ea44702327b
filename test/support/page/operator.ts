import type { Locator, Page } from "playwright-core";
import { noteKey } from "../canary.ts";
import { ADMIN } from "../control-plane/people.ts";

/** What a person does on the page. */

export async function signIn(
  page: Page,
  url: string,
  path = "/api-keys",
  { email, password }: { readonly email: string; readonly password: string } = ADMIN,
): Promise<void> {
  await page.goto(`${url}${path}`);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("navigation", { name: "Main" }).waitFor();
}

/** What closes the dialog with a key, before and after somebody is on it. */
const STORED = /^(?:I’ve stored this key|Done)$/;

export interface ShownKey {
  readonly secret: string;
  readonly tomlLine: string;
}

/** The content of the open one-time dialog. */
export async function shownKey(page: Page): Promise<ShownKey> {
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: STORED }).waitFor();
  const [secret = ""] = await dialog
    .locator("code")
    .filter({ hasText: /^exc_\w+$/ })
    .allTextContents();
  noteKey(secret);
  const [tomlLine = ""] = await dialog
    .locator("code")
    .filter({ hasText: /access_token = / })
    .allTextContents();
  return { secret, tomlLine };
}

export async function storeKey(page: Page): Promise<ShownKey> {
  const shown = await shownKey(page);
  await page.getByRole("dialog").getByRole("button", { name: STORED }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  // The entry that blocks Back goes a moment later; a reload before that would reload nothing.
  await page.waitForFunction(() => history.state?.isBlocker !== true);
  return shown;
}

export interface NewKey {
  readonly name?: string;
  readonly target?: string;
  readonly days?: number;
}

export async function createKey(page: Page, { name, target, days }: NewKey): Promise<ShownKey> {
  await page.getByRole("button", { name: "New key" }).click();
  const dialog = page.getByRole("dialog", { name: "New key" });
  if (target !== undefined) {
    await dialog.getByLabel("For", { exact: true }).selectOption({ label: target });
  }
  if (name !== undefined) {
    await dialog.getByLabel("Name").fill(name);
  }
  if (days !== undefined) {
    await dialog.getByRole("radio", { name: "Other" }).check();
    await dialog.getByLabel("Days until it expires").fill(String(days));
  }
  await dialog.getByRole("button", { name: "Create" }).click();
  return storeKey(page);
}

/** Opens the menu of the key with exactly this name, and chooses. */
export async function choose(page: Page, keyName: string, action: string): Promise<Locator> {
  await page.getByRole("button", { name: `Actions for ${keyName}`, exact: true }).click();
  await page.getByRole("menuitem", { name: action, exact: true }).click();
  return page.getByRole("dialog");
}

/** The row of the key, executor or member with exactly this name. */
export function rowOf(page: Page, name: string | RegExp): Locator {
  const cell = page.locator(".name").and(page.getByText(name, { exact: true }));
  return page.locator("tbody tr").filter({ has: cell });
}

/** The badge in its row. */
export function statusOf(page: Page, name: string): Locator {
  return rowOf(page, name).locator(".badge");
}
