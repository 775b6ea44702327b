import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { Reporter, TestModule } from "vitest/node";
import { ROOT } from "../source-files.ts";

const LISTED = 10;
/** A run of fewer files is a part of the tests, and says nothing of the whole. */
const WHOLE = 200;
/** Shorter files are left out of times.json, s. */
const SHORT = 5;
const TIMES = "test-results/times.json";

/**
 * At the end of a run of everything, prints the slowest tests as a table for CONTRIBUTING.md, and
 * writes the times of the files for longest-first.ts.
 */
export class Slowest implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    if (modules.length < WHOLE) {
      return;
    }
    const tests = modules.flatMap((module) =>
      [...module.children.allTests()].map((test) => ({
        name: test.fullName.replaceAll("|", "\\|"),
        file: relative(ROOT, module.moduleId),
        ms: test.diagnostic()?.duration ?? 0,
      })),
    );
    const rows = tests
      .toSorted((a, b) => b.ms - a.ms)
      .slice(0, LISTED)
      .map(({ ms, file, name }) => `| ${Math.round(ms / 1000)} s | \`${file}\` | ${name} |\n`);
    process.stdout.write(
      `\nThe slowest tests:\n\n| time | file | test |\n| --- | --- | --- |\n${rows.join("")}\n`,
    );

    const times = modules
      .map(
        (module) =>
          [relative(ROOT, module.moduleId), Math.round(module.diagnostic().duration / 1000)] as const,
      )
      .filter(([, seconds]) => seconds >= SHORT)
      .toSorted(([, a], [, b]) => b - a);
    mkdirSync(dirname(join(ROOT, TIMES)), { recursive: true });
    writeFileSync(join(ROOT, TIMES), `${JSON.stringify(Object.fromEntries(times), null, 2)}\n`);
  }
}
