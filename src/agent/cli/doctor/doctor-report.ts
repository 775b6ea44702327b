import type { Terminal } from "../../../lib/command-line/terminal.ts";
import { type Remedy, remedyLines, stepsOf } from "../../../lib/text/remedy.ts";
import { type Check, type Examination, isOfCause } from "../../doctor/examination.ts";
import { MARK_WIDTH, markText } from "../host/mark.ts";

const STAGE_WIDTH = 15;
const INDENT = " ".repeat(MARK_WIDTH + STAGE_WIDTH);

/**
 * One line for each check, with its remedy below it. The verdict comes last, because that is what a
 * terminal still shows: the cause, and what to do about it.
 */
export function examinationText(result: Examination, terminal: Terminal): string {
  return [...grouped(result.checks).flatMap((check) => lines(check, terminal)), "", ...verdict(result)].join(
    "\n",
  );
}

function lines({ stage, status, detail, remedy }: Row, terminal: Terminal): readonly string[] {
  const first = `${markText(status, terminal)}${stage.padEnd(STAGE_WIDTH)}${detail}`;
  return [first, ...fix(remedy, INDENT)];
}

type Row = Omit<Check, "stage"> & { readonly stage: string };

/** Stages that were not checked for the same reason share a line. */
function grouped(checks: readonly Check[]): readonly Row[] {
  const rows: Row[] = [];
  for (const check of checks) {
    const last = rows.at(-1);
    const isSame = last?.status === "unknown" && check.status === "unknown" && last.detail === check.detail;
    if (last !== undefined && isSame && check.remedy === undefined) {
      rows[rows.length - 1] = { ...last, stage: `${last.stage}, ${check.stage}` };
    } else {
      rows.push(check);
    }
  }
  return rows.map((row) => (row.stage.length < STAGE_WIDTH ? row : { ...row, stage: `${row.stage} ` }));
}

function verdict({ verdict: word, isOnline, cause, checks }: Examination): readonly string[] {
  if (cause !== null) {
    const state = isOnline === null ? "" : `${isOnline ? online(cause) : "The executor is not online"}. `;
    return [
      `${state}Cause (${cause.stage}): ${cause.detail}.`,
      ...fix(cause.remedy),
      ...after(cause, checks),
    ];
  }
  if (word === "unknown") {
    const unknown = checks.find((check) => check.status === "unknown" && check.remedy !== undefined);
    return ["Nothing is known to be wrong, but something could not be checked.", ...fix(unknown?.remedy)];
  }
  const warnings = checks.filter((check) => check.status === "warning");
  const [first] = warnings;
  if (first === undefined) {
    return ["The executor is online. Nothing is wrong."];
  }
  const count = warnings.length === 1 ? "one warning" : `${warnings.length} warnings`;
  return [`The executor is online, with ${count} (${first.stage}): ${first.detail}.`];
}

/** What is bad besides the cause, unless it says so itself, may be gone with it. */
function after(cause: Check, checks: readonly Check[]): readonly string[] {
  const others = checks.filter((check) => check.status === "bad" && check !== cause && !isOfCause(check));
  const stages = [...new Set(others.map(({ stage }) => stage))];
  if (stages.length === 0) {
    return [];
  }
  const isSaid = stepsOf(cause.remedy ?? []).some(({ say }) => /\bdoctor again\b/u.test(say));
  const again = isSaid ? "" : "Then run doctor again. ";
  return [`${again}What else is bad above (${stages.join(", ")}) may have the same cause.`];
}

/** A fault of the executor itself, or of its nodes, does not stop its next start. */
function online({ stage }: Check): string {
  const isOfRunning = stage === "executor" || stage === "nodes";
  return `The executor is online, but ${isOfRunning ? "something is wrong" : "may not be after a restart"}`;
}

function fix(remedy: Remedy = [], indent = ""): readonly string[] {
  return remedyLines(remedy).map((line) => `${indent}${line}`);
}
