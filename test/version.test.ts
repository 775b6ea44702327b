import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { VERSION } from "../src/lib/version.ts";
import { ROOT } from "./support/source-files.ts";

it("is the same in the programs, the package and the changelog", () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  expect(VERSION).toBe(version);
  expect(readFileSync(join(ROOT, "CHANGELOG.md"), "utf8")).toContain(`## ${VERSION}`);
});
