#!/usr/bin/env node
import { parseArgs } from "node:util";
import { setup as buildPage } from "../support/page/page-setup.ts";
import { head, linesChangedSince } from "./changed-lines.ts";
import { ModuleRun, type PlacedMutant } from "./module-run.ts";
import { MODULES, type MutatedModule } from "./modules.ts";
import { isChanged, newSurvivors, scorePath, writeScore } from "./scores.ts";
import { digest } from "./verdicts.ts";

/**
 * `npm run test:mutate -- [--minutes N] [MODULE…]` makes one small change after the other in the
 * modules whose faults cost most, and looks whether a unit test fails. It goes on where it was ended:
 * the verdicts are in test/mutate/.state. A module that is done gets its score in test/mutate/scores.
 *
 * `--changed` looks only at modules that are no longer as they were when they got their score: first
 * at their changed lines, then at a sample of the others, another one for each commit. It shares the
 * time among them, writes no score, and fails if a mutant survives that the score does not have. What
 * was not judged in time is no survivor.
 */
const { values, positionals } = parseArgs({
  options: {
    minutes: { type: "string", default: "600" },
    changed: { type: "boolean", default: false },
  },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !MODULES.some((module) => module.name === name));
if (unknown.length > 0) {
  throw new Error(
    `no such module: ${unknown.join(", ")}. There are: ${MODULES.map(({ name }) => name).join(", ")}`,
  );
}
const deadline = performance.now() + Number(values.minutes) * 60_000;
const meant = MODULES.filter(
  (module) => positionals.length === 0 || positionals.includes(module.name),
).filter((module) => !values.changed || isChanged(module));
if (meant.length > 0) {
  await buildPage();
}
for (const [index, module] of meant.entries()) {
  if (values.changed) {
    const now = performance.now();
    await check(module, now + (deadline - now) / (meant.length - index));
  } else {
    await measure(module);
  }
}

async function measure(module: MutatedModule): Promise<void> {
  const run = new ModuleRun(module);
  const isDone = await run.judge(run.mutants, deadline);
  const line = isDone
    ? writeScore(module, run.mutants.length, run.survivors())
    : `${module.name}: time is over; the next run goes on here`;
  process.stdout.write(`${line}\n`);
}

async function check(module: MutatedModule, limit: number): Promise<void> {
  const run = new ModuleRun(module);
  const changed = new Map(
    module.sources.map((source) => [source, linesChangedSince(scorePath(module), source)]),
  );
  const commit = head();
  const rank = ({ source, line, mutant }: PlacedMutant) =>
    (changed.get(source)?.has(line) === true ? "0" : "1") + digest([commit, source, mutant]);
  const ranked = run.mutants.map((each) => ({ each, at: rank(each) }));
  const ordered = ranked.toSorted((a, b) => (a.at < b.at ? -1 : 1)).map(({ each }) => each);
  const isDone = await run.judge(ordered, limit);
  for (const { place, was, became } of newSurvivors(module, run.survivors())) {
    process.stdout.write(`${place}: no test fails if \`${was}\` becomes \`${became}\`\n`);
    process.exitCode = 1;
  }
  process.stdout.write(
    `${module.name}: ${isDone ? "all mutants judged" : "as many judged as time allowed"}\n`,
  );
}
