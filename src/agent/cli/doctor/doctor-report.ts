import type { Terminal } from "../../../lib/command-line/terminal.ts";
import { type Remedy, remedyLines, remedyText, stepsOf } from "../../../lib/text/remedy.ts";
import { type Check, type Examination, isOfCause } from "../../doctor/examination.ts";
import { MARK_WIDTH, markText } from "../host/mark.ts";

const STAGE_WIDTH = 15;
const INDENT = " ".repeat(MARK_WIDTH + STAGE_WIDTH);

/**
 * One line for each check, with its remedy below it. The verdict comes last, because that is what a
 * terminal still shows: the cause, and what to do about it. Nothing is said twice.
 */
export function examinationText(result: Examination, terminal: Terminal): string {
  const main = mainCheck(result);
  const told = new Map<string, string>();
  const rows = grouped(result.checks).flatMap((row) => lines(row, main, told, terminal));
  return [...rows, "", ...verdict(result, main)].join("\n");
}

/** What the verdict is about. */
function mainCheck({ cause, verdict: word, checks }: Examination): Check | undefined {
  const warning = checks.find(({ status }) => status === "warning");
  return cause ?? warning ?? (word === "unknown" ? firstUnknown(checks) : undefined);
}

/** The first one that says what would let it be checked. */
function firstUnknown(checks: readonly Check[]): Check | undefined {
  return checks.find(({ status, remedy }) => status === "unknown" && remedy !== undefined);
}

/** `told`: the remedies above this row, and the stages to which they belong. */
function lines(
  row: Row,
  main: Check | undefined,
  told: Map<string, string>,
  terminal: Terminal,
): readonly string[] {
  const { stage, status, detail, remedy } = row;
  const start = `${markText(status, terminal)}${stage.padEnd(STAGE_WIDTH)}`;
  if (main !== undefined && row.check === main) {
    // The verdict does not say what is unknown.
    return [
      `${start}${status === "unknown" ? detail : `see below${status === "bad" ? ": this is the cause" : ""}`}`,
    ];
  }
  const text = remedy === undefined ? "" : remedyText(remedy);
  const above = told.get(text);
  told.set(text, above ?? stage.trim());
  const first = `${start}${main === undefined ? detail : withoutSaid(detail, main)}`;
  if (text !== "" && main?.remedy !== undefined && text === remedyText(main.remedy)) {
    return [first, `${INDENT}Fix: the same as at the end.`];
  }
  return text !== "" && above !== undefined
    ? [first, `${INDENT}Fix: the same as above (${above}).`]
    : [first, ...fix(remedy, INDENT)];
}

interface Row {
  readonly stage: string;
  readonly status: Check["status"];
  readonly detail: string;
  readonly remedy?: Check["remedy"];
  /** The first of its checks. */
  readonly check: Check;
}

/** Stages that were not checked for the same reason share a line. */
function grouped(checks: readonly Check[]): readonly Row[] {
  const rows: Row[] = [];
  for (const check of checks) {
    const last = rows.at(-1);
    const isSame = last?.status === "unknown" && check.status === "unknown" && last.detail === check.detail;
    if (last !== undefined && isSame && check.remedy === undefined) {
      rows[rows.length - 1] = { ...last, stage: `${last.stage}, ${check.stage}` };
    } else {
      rows.push({ ...check, check });
    }
  }
  return rows.map((row) => (row.stage.length < STAGE_WIDTH ? row : { ...row, stage: `${row.stage} ` }));
}

function verdict(
  { verdict: word, isOnline, cause, checks }: Examination,
  main: Check | undefined,
): readonly string[] {
  const isUp = `The executor is online${asWho(checks)}`;
  if (cause !== null) {
    const state =
      isOnline === null
        ? ""
        : `${isOnline ? `${isUp}, but ${doubt(cause)}` : "The executor is not online"}. `;
    return [
      `${state}Cause (${cause.stage}): ${cause.detail}.`,
      ...fix(cause.remedy),
      ...after(cause, checks),
    ];
  }
  if (word === "unknown" && main?.status === "warning") {
    const isForRoot = remedyText(firstUnknown(checks)?.remedy ?? []).includes("with sudo");
    return [
      `Something could not be checked. What could be has ${warnings(checks, main)}`,
      ...fix(main.remedy),
      ...(isForRoot ? ["To see the rest, run doctor with sudo."] : []),
    ];
  }
  if (word === "unknown") {
    return ["Nothing is known to be wrong, but something could not be checked.", ...fix(main?.remedy)];
  }
  if (main === undefined) {
    return [`${isUp}. Nothing is wrong.`];
  }
  return [`${isUp}, with ${warnings(checks, main)}`, ...fix(main.remedy)];
}

function warnings(checks: readonly Check[], { stage, detail }: Check): string {
  const { length } = checks.filter(({ status }) => status === "warning");
  return `${length === 1 ? "one warning" : `${length} warnings. The first`} (${stage}): ${detail}.`;
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
function doubt({ stage }: Check): string {
  const isOfRunning = stage === "executor" || stage === "nodes";
  return isOfRunning ? "something is wrong" : "may not be after a restart";
}

/** Online as another one than people expect is what they would call offline. */
function asWho(checks: readonly Check[]): string {
  const who = checks.find((check) => check.who !== undefined)?.who;
  return who === undefined ? "" : ` as ${who}`;
}

/** Shorter pieces of a sentence are no sign that it says the same. */
const LEAST_SAID = 12;

/** What a row says beside the cause: the agent repeats why its last try failed, and the remedy. */
function withoutSaid(detail: string, main: Check): string {
  const said = `${main.detail}. ${remedyText(main.remedy ?? [])}`;
  const isSaid = (text: string) => text.length >= LEAST_SAID && said.includes(text);
  const [first = "", ...more] = detail.split(/(?<=\.) (?=[A-Z])/u).map((each) => each.replace(/\.$/u, ""));
  const rest = more.filter((each) => !isSaid(each));
  const ends = [...first.matchAll(/: /gu)].map(({ index }) => index);
  const end = ends.find((each) => isSaid(first.slice(each + 2)));
  return [first.slice(0, end), ...rest].join(". ");
}

function fix(remedy: Remedy = [], indent = ""): readonly string[] {
  return remedyLines(remedy).map((line) => `${indent}${line}`);
}
