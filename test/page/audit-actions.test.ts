import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "../support/source-files.ts";

/** The two sides share no code: the page is for a browser, the control plane for Node. */
function actionsIn(path: string): readonly string[] {
  const text = readFileSync(join(ROOT, path), "utf8");
  return [...new Set(text.match(/(?<=")(?:api_key|executor|member|person)\.[a-z_]+(?=")/g))].sort();
}

it("the audit page offers exactly the actions that the control plane writes down", () => {
  const written = actionsIn("src/control-plane/audit/audit.ts");
  expect(written.length).toBeGreaterThan(3);
  expect(actionsIn("src/page/audit/audit-filters.tsx")).toEqual(written);
});
