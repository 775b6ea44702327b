import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import * as z from "zod";

const SOURCE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

const result = z.object({
  violations: z.array(
    z.object({ id: z.string(), help: z.string(), nodes: z.array(z.object({ html: z.string() })) }),
  ),
  passes: z.array(z.object({ id: z.string() })),
});

/** Expects that axe-core finds nothing, by WCAG 2.2 AA and by its own best practices. */
export async function expectAccessible(page: Page): Promise<void> {
  // While it loads, it has the frame and no heading yet.
  await page.locator("h1").first().waitFor({ state: "attached" });
  // From outside: the page's Content-Security-Policy stays in force.
  const isThere = await page.evaluate("typeof axe === 'object'");
  if (isThere !== true) {
    await page.evaluate(SOURCE);
  }
  const found = result.parse(
    await page.evaluate(
      `axe.run(document, { runOnly: { type: "tag", values: ${JSON.stringify(TAGS)} }, resultTypes: ["violations", "passes"] })`,
    ),
  );
  expect(found.violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes[0]?.html}`)).toEqual([]);
  // It did look.
  expect(found.passes.map(({ id }) => id)).toContain("color-contrast");
}
