import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../support/source-files.ts";
import type { MutatedModule } from "./modules.ts";
import { MutantProcess } from "./mutant-process.ts";
import { applied, type Mutant, mutantsOf } from "./operators.ts";
import type { Survivor } from "./scores.ts";
import { Verdicts } from "./verdicts.ts";

/** A mutant in its file. */
export interface PlacedMutant {
  readonly source: string;
  readonly text: string;
  readonly mutant: Mutant;
  /** The first line that it changes, from 1. */
  readonly line: number;
}

/** The mutants of one module, and the tests that have to notice them. */
export class ModuleRun {
  readonly mutants: readonly PlacedMutant[];
  readonly #tests: readonly string[];
  readonly #verdicts: ReadonlyMap<string, Verdicts>;

  constructor(module: MutatedModule) {
    const all = globSync("test/**/*.test.ts", { cwd: ROOT }).toSorted();
    this.#tests = module.tests.flatMap((beginning) => all.filter((path) => path.startsWith(beginning)));
    const tests = new Map(this.#tests.map((path) => [path, readText(path)]));
    this.#verdicts = new Map(
      module.sources.map((source) => [source, new Verdicts(source, readText(source), tests)]),
    );
    this.mutants = module.sources.flatMap((source) => placedMutants(source, module.strings ?? false));
  }

  /** False if `deadline`, a moment of performance.now(), came before all of them were judged. */
  async judge(mutants: readonly PlacedMutant[], deadline: number): Promise<boolean> {
    using worker = new MutantProcess(this.#tests);
    let hasBegun = false;
    for (const { source, text, mutant } of mutants) {
      const verdicts = this.#verdicts.get(source);
      if (verdicts?.isKilled(mutant) !== undefined) {
        continue;
      }
      if (performance.now() > deadline) {
        return false;
      }
      const path = join(ROOT, source);
      if (!hasBegun) {
        await worker.begin(path, text);
        hasBegun = true;
      }
      verdicts?.add(mutant, await worker.ask(path, applied(text, mutant), verdicts.noticedBy(mutant)));
    }
    return true;
  }

  /** Those that were judged and that no test noticed. */
  survivors(): readonly Survivor[] {
    return this.mutants
      .filter(({ source, mutant }) => this.#verdicts.get(source)?.isKilled(mutant) === false)
      .map(({ source, text, mutant, line }) => ({
        place: `${source}:${line}`,
        was: short(text.slice(mutant.start, mutant.end)),
        became: short(mutant.replacement),
      }));
  }
}

function placedMutants(source: string, strings: boolean): readonly PlacedMutant[] {
  const text = readText(source);
  return mutantsOf(text, { strings }).map((mutant) => {
    const line = text.slice(0, mutant.start).split("\n").length;
    return { source, text, mutant, line };
  });
}

function readText(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

function short(text: string): string {
  const line = text.replaceAll(/\s+/gu, " ").trim();
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
