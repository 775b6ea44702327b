import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MODULES } from "./mutate/modules.ts";
import { scorePath } from "./mutate/scores.ts";
import { ROOT } from "./support/source-files.ts";

// A file that was moved would end the step of mutations, which is the last of a long run.
describe.each(MODULES)("the mutated module $name", (module) => {
  it("has a score, and its files and tests are where it says", () => {
    const { sources, tests } = module;
    expect([...sources, scorePath(module)].filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    expect(tests.filter((start) => globSync(`${start}*`, { cwd: ROOT }).length === 0)).toEqual([]);
  });
});
