import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { ROOT } from "../support/source-files.ts";
import type { MutatedModule } from "./modules.ts";
import { digest } from "./verdicts.ts";

const survivorSchema = z.strictObject({
  place: z.string(),
  was: z.string(),
  became: z.string(),
  /** Why no test can, or need, notice it. A person writes it here. */
  reason: z.string().optional(),
});
const scoreSchema = z.strictObject({
  /** In percent, of all mutants but those with a reason. */
  score: z.number(),
  killed: z.int(),
  mutants: z.int(),
  /** Of the module's files when they were measured. */
  digest: z.string(),
  survivors: z.array(survivorSchema),
});

export type Survivor = z.infer<typeof survivorSchema>;

/** Writes the committed score of a module. Keeps the reasons of survivors that are still there. */
export function writeScore(module: MutatedModule, mutants: number, found: readonly Survivor[]): string {
  const reasons = new Map((readScore(module)?.survivors ?? []).map((each) => [idOf(each), each.reason]));
  const survivors = found.map((each) => {
    const reason = reasons.get(idOf(each));
    return reason === undefined ? each : { ...each, reason };
  });
  const excused = survivors.filter(({ reason }) => reason !== undefined).length;
  const killed = mutants - survivors.length;
  const score = Math.round((1000 * killed) / Math.max(1, mutants - excused)) / 10;
  const text = JSON.stringify({ score, killed, mutants, digest: digestOf(module), survivors }, undefined, 2);
  const path = join(ROOT, scorePath(module));
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, `${text}\n`);
  return `${module.name}: ${score} % (${killed} of ${mutants} killed, ${excused} survivors have a reason)`;
}

/** Whether its files have changed since they were measured. False for a module without a score. */
export function isChanged(module: MutatedModule): boolean {
  const score = readScore(module);
  return score !== undefined && score.digest !== digestOf(module);
}

/** The survivors that the committed score does not have. */
export function newSurvivors(module: MutatedModule, found: readonly Survivor[]): readonly Survivor[] {
  const ids = new Set(readScore(module)?.survivors.map(idOf));
  return found.filter((each) => !ids.has(idOf(each)));
}

/** From the root of the checkout. */
export function scorePath({ name }: MutatedModule): string {
  return `test/mutate/scores/${name}.json`;
}

function readScore(module: MutatedModule): z.infer<typeof scoreSchema> | undefined {
  const path = join(ROOT, scorePath(module));
  return existsSync(path) ? scoreSchema.parse(JSON.parse(readFileSync(path, "utf8"))) : undefined;
}

function digestOf({ sources }: MutatedModule): string {
  return digest(sources.map((source) => readFileSync(join(ROOT, source), "utf8")));
}

/** Without the line's number, which changes with every line above it. */
function idOf({ place, was, became }: Survivor): string {
  return `${place.replace(/:\d+$/u, "")} ${was} ${became}`;
}
