import { type Remedy, step, stepsOf } from "../../../lib/text/remedy.ts";
import type { FileProblem } from "../rotation/rotation.ts";
import { problemText, refused } from "./wording.ts";

/**
 * What is wrong with the files, in the words of `say`, and its effect. A command to copy ends the
 * line, so nothing can be copied with it. Several problems have one each: then the effect comes
 * first.
 */
export function withFixLast(
  problem: FileProblem,
  effect: string,
  say: (text: string) => string = (text) => text,
): string {
  const all = problem.kind === "invalid" ? problem.issues : refused(problem.findings);
  const hasCommand = all.some(({ remedy }) => stepsOf(remedy).some(({ run }) => run !== undefined));
  if (!hasCommand) {
    return `${say(problemText(problem))} ${effect}`;
  }
  if (all.length > 1) {
    return `${effect} ${say(problemText(problem))}`;
  }
  const withEffect = <Item extends { readonly remedy: Remedy }>(item: Item): Item => {
    return { ...item, remedy: effectBefore(item.remedy, effect) };
  };
  const told: FileProblem =
    problem.kind === "invalid"
      ? { ...problem, issues: problem.issues.map(withEffect) }
      : { ...problem, findings: problem.findings.map(withEffect) };
  return say(problemText(told));
}

/** Before the command that ends the remedy. */
function effectBefore(remedy: Remedy, effect: string): Remedy {
  const steps = stepsOf(remedy);
  const end = steps.at(-1)?.run === undefined ? steps.length : steps.length - 1;
  return [...steps.slice(0, end), step(effect), ...steps.slice(end)];
}
