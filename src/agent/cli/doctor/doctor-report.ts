import type { Terminal } from "../../../lib/command-line/terminal.ts";
import type { Check, Examination } from "../../doctor/examination.ts";
import { MARK_WIDTH, markText } from "../host/mark.ts";

const VERDICTS = {
  ok: "Nothing is wrong.",
  bad: "Fix the failures from the top down; later ones may follow from earlier ones.",
  unknown: "Nothing is known to be wrong, but something could not be checked.",
} as const;

const STAGE_WIDTH = 15;

/** One line for each check, its remedy below it, the verdict last. */
export function examinationText({ checks, verdict }: Examination, terminal: Terminal): string {
  const isWarned = verdict === "ok" && checks.some((check) => check.status === "warning");
  const end = isWarned ? "It works, with warnings." : VERDICTS[verdict];
  return [...checks.flatMap((check) => lines(check, terminal)), "", end].join("\n");
}

function lines({ stage, status, detail, remedy }: Check, terminal: Terminal): readonly string[] {
  const first = `${markText(status, terminal)}${stage.padEnd(STAGE_WIDTH)}${detail}`;
  return remedy === undefined || remedy === ""
    ? [first]
    : [first, `${" ".repeat(MARK_WIDTH + STAGE_WIDTH)}${remedy}`];
}
