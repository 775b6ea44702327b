import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import type { Answer } from "./mutant-process.ts";
import type { Mutant } from "./operators.ts";

const STATE = join(import.meta.dirname, ".state");
const verdictSchema = z.strictObject({
  isKilled: z.boolean(),
  noticedBy: z.string().optional(),
  /** Of the tests that the verdict depends on. */
  digest: z.string(),
});
const storedSchema = z.record(z.string(), verdictSchema);
type Verdict = z.infer<typeof verdictSchema>;

/**
 * What became of the mutants of one source file, in test/mutate/.state. A killed one stays so while
 * the test file that noticed it is as it was; any change of the tests may kill one that survived.
 */
export class Verdicts {
  readonly #path: string;
  readonly #tests: ReadonlyMap<string, string>;
  readonly #known: Record<string, Verdict>;

  /** @param tests the text of each test file of the module */
  constructor(source: string, text: string, tests: ReadonlyMap<string, string>) {
    mkdirSync(STATE, { recursive: true });
    this.#path = join(STATE, `${source.replaceAll("/", "-")}.${digest(text)}.json`);
    this.#tests = tests;
    this.#known = stored(this.#path);
  }

  /** Undefined if it has to be judged. */
  isKilled(mutant: Mutant): boolean | undefined {
    const verdict = this.#known[idOf(mutant)];
    return verdict?.digest === this.#digestFor(verdict?.noticedBy) ? verdict.isKilled : undefined;
  }

  /** The test file that noticed it when it was judged last. */
  noticedBy(mutant: Mutant): string | undefined {
    return this.#known[idOf(mutant)]?.noticedBy;
  }

  add(mutant: Mutant, { isKilled, noticedBy }: Answer): void {
    this.#known[idOf(mutant)] = { isKilled, noticedBy, digest: this.#digestFor(noticedBy) };
    writeFileSync(this.#path, JSON.stringify(this.#known));
  }

  #digestFor(noticedBy: string | undefined): string {
    return digest(noticedBy === undefined ? [...this.#tests] : this.#tests.get(noticedBy));
  }
}

export function digest(value: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(value) ?? "")
    .digest("hex")
    .slice(0, 16);
}

function stored(path: string): Record<string, Verdict> {
  try {
    return storedSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return {};
  }
}

function idOf({ start, end, replacement }: Mutant): string {
  return JSON.stringify([start, end, replacement]);
}
