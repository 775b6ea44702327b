import { paint, type Terminal } from "../../../lib/command-line/terminal.ts";
import type { Check, Examination } from "../../doctor/examination.ts";

const MARKS = {
  passed: ["ok      ", "green"],
  warning: ["warning ", "yellow"],
  failed: ["bad     ", "red"],
  untold: ["unknown ", "yellow"],
} as const;

const VERDICTS = {
  good: "Nothing is wrong.",
  bad: "Fix what is bad, from the top: what comes later may be a consequence.",
  "could-not-tell": "Nothing is known to be wrong, but not everything could be told.",
} as const;

const STAGE_WIDTH = 15;

/** One line for each check, its remedy below it, the verdict last. */
export function examinationText({ checks, verdict }: Examination, terminal: Terminal): string {
  const isWarned = verdict === "good" && checks.some((check) => check.status === "warning");
  const end = isWarned ? "It works; mind the warnings." : VERDICTS[verdict];
  return [...checks.flatMap((check) => lines(check, terminal)), "", end].join("\n");
}

function lines({ stage, status, detail, remedy }: Check, terminal: Terminal): readonly string[] {
  const [mark, colour] = MARKS[status];
  const first = `${paint(terminal, colour, mark)}${stage.padEnd(STAGE_WIDTH)}${detail}`;
  return remedy === undefined || remedy === ""
    ? [first]
    : [first, `${" ".repeat(mark.length + STAGE_WIDTH)}${remedy}`];
}
