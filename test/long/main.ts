#!/usr/bin/env node
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as z from "zod";
import { TRIALS, type Trial } from "./trials.ts";

/**
 * `npm run test:long -- [--again] [TRIAL…]` does trials that take too long for each change. It goes
 * on where it was ended: the state is in test/long/.state. A trial that is done for this commit adds
 * a line to test/long/RESULTS.
 */
const STATE = join(import.meta.dirname, ".state");
const RESULTS = join(import.meta.dirname, "RESULTS");
const stateSchema = z.strictObject({ commit: z.string(), done: z.number().int(), seconds: z.number() });
type State = z.infer<typeof stateSchema>;

const { values, positionals } = parseArgs({
  options: { again: { type: "boolean", default: false } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !TRIALS.some((trial) => trial.name === name));
if (unknown.length > 0) {
  throw new Error(
    `no such trial: ${unknown.join(", ")}. There are: ${TRIALS.map(({ name }) => name).join(", ")}`,
  );
}
mkdirSync(STATE, { recursive: true });
for (const trial of TRIALS.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
  await pursue(trial);
}

async function pursue(trial: Trial): Promise<void> {
  const path = join(STATE, `${trial.name}.json`);
  let state = values.again ? fresh() : (stored(path) ?? fresh());
  while (state.done < trial.goal) {
    const count = Math.min(trial.batch, trial.goal - state.done);
    const start = performance.now();
    await trial.run(state.done + 1, count).catch((error: unknown) => {
      throw new Error(`${trial.name}: the batch with seed ${state.done + 1} went wrong`, { cause: error });
    });
    const seconds = state.seconds + (performance.now() - start) / 1000;
    state = { ...state, done: state.done + count, seconds };
    writeFileSync(path, JSON.stringify(state));
    process.stdout.write(`${trial.name}: ${state.done} of ${trial.goal}\n`);
    if (state.done === trial.goal) {
      report(trial, state);
    }
  }
}

function report(trial: Trial, { commit, done, seconds }: State): void {
  const date = new Date().toISOString().slice(0, 10);
  const line = `${date} ${commit} ${trial.name}: ${done} ${trial.what} (${Math.round(seconds)} s)\n`;
  const before = readFileSync(RESULTS, "utf8");
  writeFileSync(RESULTS, before + line);
  process.stdout.write(line);
}

/** Undefined if there is none, or none that this version can read. */
function stored(path: string): State | undefined {
  try {
    return stateSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return undefined;
  }
}

/**
 * The commit at the beginning: what came later was not tried from the start. The lines that other
 * trials have added to the results change nothing that is tried.
 */
function fresh(): State {
  const git = (...args: readonly string[]) =>
    execFileSync("git", ["-C", import.meta.dirname, ...args], { encoding: "utf8" }).trim();
  const isClean = git("status", "--porcelain", "--", ":/", ":!RESULTS") === "";
  const commit = git("rev-parse", "--short=7", "HEAD");
  return { commit: isClean ? commit : `${commit}-dirty`, done: 0, seconds: 0 };
}
