import * as z from "zod";
import { type Remedy, remedyText } from "../../lib/text/remedy.ts";

/** The stages, in the order in which they are shown and fixed: see `inOrder`. */
export const STAGES = [
  "file",
  "mode",
  "syntax",
  "key",
  "proxy",
  "dns",
  "tcp",
  "tls",
  "answer",
  "clock",
  "authentication",
  "unit",
  "executor",
  "nodes",
] as const;

export type Stage = (typeof STAGES)[number];

const checkReport = z.object({
  stage: z.enum(STAGES),
  status: z
    .enum(["ok", "warning", "bad", "unknown"])
    .describe("unknown: not checked, mostly because an earlier stage is bad"),
  detail: z.string().describe("What was seen"),
  remedy: z.string().optional().describe("How to fix it; every bad check has one"),
});

/** The result at one stage. */
export type Check = Readonly<Omit<z.output<typeof checkReport>, "remedy">> & {
  readonly remedy?: Remedy | undefined;
  /** The service is down, and `detail` names lines by which this host has changed its unit. */
  readonly isOfOwnLine?: boolean;
  /** What is left of `detail` if the verdict has another cause. */
  readonly besideCause?: string | undefined;
  /** Who is online: `fra-34 of organization acme`. */
  readonly who?: string | undefined;
};

/** What `doctor --json` prints. */
export const examinationSchema = z.object({
  verdict: z
    .enum(["ok", "bad", "unknown"])
    .describe("unknown: nothing is bad, but not everything could be checked"),
  configPath: z.string().describe("The agent.toml that is judged"),
  isOnline: z.boolean().nullable().describe("Whether its executor is online now; null: unknown"),
  cause: checkReport.nullable().describe("What to fix first; null: nothing is bad"),
  checks: z.array(checkReport),
});

type Report = z.output<typeof examinationSchema>;

/** The checks of all stages, and what follows from them. */
export type Examination = Readonly<Omit<Report, "cause" | "checks">> & {
  readonly cause: Check | null;
  readonly checks: readonly Check[];
};

/** The examination as a program reads it: each remedy is one text. */
export function examinationReport(result: Examination): Report {
  const { cause, checks } = result;
  return { ...result, cause: cause && reportOf(cause), checks: checks.map(reportOf) };
}

function reportOf({ stage, status, detail, remedy }: Check): Report["checks"][number] {
  return { stage, status, detail, ...(remedy !== undefined && { remedy: remedyText(remedy) }) };
}

/**
 * Sorts the checks by stage. One bad check makes the verdict bad; without one, an unknown check
 * makes it unknown. The first bad check is the cause, mostly: later ones may follow from it, so
 * the executor's own remedy gives way to that of the cause.
 */
export function examination(configPath: string, checks: readonly Check[]): Examination {
  const inRows = inOrder(checks);
  const cause = causeIn(inRows);
  const sorted = withoutContradictions(inRows, cause?.stage);
  const has = (status: Check["status"]) => sorted.some((check) => check.status === status);
  const verdict = has("bad") ? "bad" : has("unknown") ? "unknown" : "ok";
  return { verdict, configPath, isOnline: isOnline(sorted), cause: cause ?? null, checks: sorted };
}

/** A server that is not reached keeps no service down, so a line that does comes first. */
const WAY: ReadonlySet<Stage> = new Set(["proxy", "dns", "tcp", "tls", "answer"]);

function causeIn(sorted: readonly Check[]): Check | undefined {
  const bad = sorted.filter(({ status }) => status === "bad");
  const [first] = bad;
  const ofLine = bad.find(({ isOfOwnLine = false }) => isOfOwnLine);
  return first !== undefined && WAY.has(first.stage) ? (ofLine ?? first) : first;
}

/** Through a proxy, the name that this host looks up is the proxy's, so `dns` is before `proxy`. */
function inOrder(checks: readonly Check[]): readonly Check[] {
  const firstOf = (wanted: Stage) => checks.findIndex(({ stage }) => stage === wanted);
  const isProxyFirst = firstOf("proxy") < firstOf("dns");
  const rank = (stage: Stage) => {
    const shown = isProxyFirst ? stage : SWAPPED.get(stage);
    return STAGES.indexOf(shown ?? stage);
  };
  return [...checks].sort((a, b) => rank(a.stage) - rank(b.stage));
}

const SWAPPED: ReadonlyMap<Stage, Stage> = new Map([
  ["dns", "proxy"],
  ["proxy", "dns"],
]);

const FIRST = "What is bad above (";

/** Whether a check sends to the one above it. */
export function isOfCause({ remedy }: Check): boolean {
  return typeof remedy === "string" && remedy.startsWith(FIRST);
}

/** A file is not good and bad at once. An executor that is down for a reason has one remedy. */
function withoutContradictions(sorted: readonly Check[], first: Stage | undefined): Check[] {
  const bad = new Set(sorted.filter(({ status }) => status === "bad").map(({ stage }) => stage));
  const own = ownCheck(sorted);
  return sorted
    .filter(({ stage, status }) => stage !== "file" || status !== "ok" || !bad.has(stage))
    .map((check) =>
      check === own && check.status === "bad" && first !== undefined && first !== "executor"
        ? { ...check, detail: check.besideCause ?? check.detail, remedy: `${FIRST}${first}) comes first.` }
        : check,
    );
}

/** By the check of the executor itself: another agent that runs does not take it offline. */
function isOnline(checks: readonly Check[]): boolean | null {
  const own = ownCheck(checks);
  return own === undefined || own.status === "unknown" ? null : own.status !== "bad";
}

/** The last one of its stage is about the executor itself, and others are about other agents. */
function ownCheck(checks: readonly Check[]): Check | undefined {
  return checks.findLast(({ stage }) => stage === "executor");
}
