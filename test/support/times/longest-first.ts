import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import * as z from "zod";
import { ROOT } from "../source-files.ts";

const times = z
  .record(z.string(), z.number())
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, "times.json"), "utf8")));

/** Programs first: the roots of machines are made meanwhile. What is short fills the gaps at the end. */
const PROJECTS = ["programs", "page", "systemd", "unit"];

/**
 * Starts the files of a project that take longest first, so that none runs alone at the end. vitest
 * does so by the times of the last run, which a fresh clone does not have.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((a, b) => rank(a) - rank(b) || seconds(b) - seconds(a));
  }
}

function rank({ project }: TestSpecification): number {
  return PROJECTS.indexOf(project.name);
}

/** Of a file in times.json, which leaves out what is short. */
function seconds({ moduleId }: TestSpecification): number {
  return times[relative(ROOT, moduleId)] ?? 0;
}
