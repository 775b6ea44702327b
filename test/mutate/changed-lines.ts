import { execFileSync } from "node:child_process";
import { ROOT } from "../support/source-files.ts";

/** The lines of `source`, from 1, that are not as they were when `file` was committed last. */
export function linesChangedSince(file: string, source: string): ReadonlySet<number> {
  const commit = git("log", "-1", "--format=%H", "--", file).trim();
  const hunks = commit === "" ? "" : git("diff", "--unified=0", commit, "--", source);
  return new Set(
    [...hunks.matchAll(/^@@ \S+ \+(\d+)(?:,(\d+))? @@/gmu)].flatMap(([, first, count = "1"]) =>
      Array.from({ length: Number(count) }, (_, n) => Number(first) + n),
    ),
  );
}

export function head(): string {
  return git("rev-parse", "HEAD").trim();
}

function git(...args: readonly string[]): string {
  return execFileSync("git", ["-C", ROOT, ...args], { encoding: "utf8" });
}
