import { utcTime } from "../../../lib/clock.ts";
import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { type Colour, paint, type Terminal } from "../../../lib/command-line/terminal.ts";
import { duration } from "../../../lib/duration.ts";
import { printable } from "../../../lib/printable.ts";
import { forAgent } from "../../../lib/shell-word.ts";
import type { AgentStatus } from "../../daemon/status/status.ts";
import { stateVerdict } from "./verdict.ts";

const SENTENCE_LENGTH = 2000;

/**
 * `status` for people: the sentence of the state, a pending change, then facts. `now` is epoch ms.
 */
export function statusReport(status: AgentStatus, now: number, terminal: Terminal): string {
  const rows = facts(status, now);
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `  ${paint(terminal, "dim", name.padEnd(width))}  ${value}`);
  return [
    ...headline(status, terminal),
    ...whereToLook(status),
    "",
    ...lines,
    ...conditions(status, terminal),
    ...nodeProblems(status, terminal),
  ].join("\n");
}

/** The status in one line with its time: for `--watch`, and after a wait that failed. */
export function statusLine(status: AgentStatus, now: number, terminal: Terminal): string {
  const [first = "", ...rest] = headline(status, terminal);
  const time = `${utcTime(now)}  `;
  return [`${time}${first}`, ...rest.map((line) => `${" ".repeat(time.length)}${line}`)].join("\n");
}

function headline(status: AgentStatus, terminal: Terminal): readonly string[] {
  const sentence = paint(terminal, colourOf(status), printable(status.reason, SENTENCE_LENGTH));
  const { pendingChange } = status;
  // Without a key in use, the sentence of the state already says what is wrong with the file.
  if (pendingChange === null || status.key === null) {
    return [sentence];
  }
  const label = paint(terminal, "yellow", `Change in the file ${PENDING[pendingChange.state]}:`);
  return [sentence, `${label} ${printable(pendingChange.reason, SENTENCE_LENGTH)}`];
}

/** Of an outage the agent knows only that nothing answered: doctor looks for the cause. */
function whereToLook({ state, pendingChange }: AgentStatus): readonly string[] {
  return state === "unreachable" || pendingChange?.state === "unreachable"
    ? [`To see the cause, and what to do, run: ${forAgent("doctor")}`]
    : [];
}

const PENDING = {
  trying: "being tried",
  refused: "refused",
  unreachable: "not tried yet",
  unusable: "unusable",
} as const;

function colourOf(status: AgentStatus): Colour {
  const verdict = stateVerdict(status);
  if (verdict === ExitCode.good) {
    return "green";
  }
  return verdict === ExitCode.bad ? "red" : "yellow";
}

function facts(status: AgentStatus, now: number): readonly (readonly [name: string, value: string])[] {
  const rows: (readonly [string, string | undefined])[] = [
    ["executor", shown(status.executor)],
    ["control plane", shown(status.controlPlane)],
    ["organization", shown(status.organization?.name)],
    ["key", status.key === null ? undefined : keyFact(status.key)],
    ...expiry(status.key?.endsAt, now),
    ["last accepted", status.key === null ? undefined : (ago(status.lastAcceptedAt, now) ?? "never")],
    ["last attempt", status.state === "online" ? undefined : ago(status.lastAttemptAt, now)],
    ["next attempt", ahead(status.nextAttemptAt, now)],
    ["nodes", nodesFact(status.nodes)],
    ["agent", `${printable(status.version)}, PID ${status.pid}${since(status.startedAt)}`],
    ["configuration", printable(status.configPath, 4096)],
    ["data", printable(status.dataDir, 4096)],
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

/** `3: 2 running, 1 error`; undefined without nodes. */
function nodesFact(nodes: AgentStatus["nodes"]): string | undefined {
  const counts = new Map<string, number>();
  for (const { state } of nodes) {
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  const parts = [...counts].map(([state, count]) => `${count} ${printable(state, 40)}`);
  return nodes.length === 0 ? undefined : `${nodes.length}: ${parts.join(", ")}`;
}

/** What is wrong with the agent itself, such as a state that cannot be written. */
function conditions(status: AgentStatus, terminal: Terminal): readonly string[] {
  const lines = status.conditions.map(({ level, message }) => {
    const [colour, label] =
      level === "error" ? (["red", "Problem:"] as const) : (["yellow", "Warning:"] as const);
    return `${paint(terminal, colour, label)} ${printable(message, SENTENCE_LENGTH)}`;
  });
  return lines.length === 0 ? [] : ["", ...lines];
}

/** A line for each node that needs a person. */
function nodeProblems({ nodes }: AgentStatus, terminal: Terminal): readonly string[] {
  const lines = nodes.flatMap(({ name, problem }) =>
    problem === null ? [] : [`${paint(terminal, "yellow", `Node ${name}:`)} ${printable(problem, 400)}`],
  );
  return lines.length === 0 ? [] : ["", ...lines];
}

function expiry(endsAt: string | null | undefined, now: number): readonly (readonly [string, string])[] {
  if (endsAt == null) {
    return [];
  }
  const at = Date.parse(endsAt);
  return [[at < now ? "key expired" : "key expires", ending(at, now)]];
}

function keyFact({ fingerprint, id, name, source }: NonNullable<AgentStatus["key"]>): string {
  return `${keyName({ fingerprint, id, name })}, from ${printable(source, 4096)}`;
}

/**
 * `3fa9c1d2 (prod 260601, k_7d…)`; only the fingerprint until the control plane has named the key.
 */
export function keyName(key: {
  readonly fingerprint: string;
  readonly id?: string | null | undefined;
  readonly name?: string | null | undefined;
}): string {
  const known = [key.name, key.id].flatMap((part) => (part == null ? [] : [printable(part, 64)]));
  return known.length === 0 ? key.fingerprint : `${key.fingerprint} (${known.join(", ")})`;
}

/** `2026-12-01 12:00:00 UTC, in 12 d 3 h`. Both parameters are epoch ms. */
export function ending(endsAt: number, now: number): string {
  const left = endsAt - now;
  return `${utcTime(endsAt)}, ${left >= 0 ? `in ${duration(left)}` : `${duration(-left)} ago`}`;
}

function ago(moment: string | null, now: number): string | undefined {
  if (moment === null) {
    return undefined;
  }
  const at = Date.parse(moment);
  return `${utcTime(at)}, ${duration(Math.max(0, now - at))} ago`;
}

function ahead(moment: string | null, now: number): string | undefined {
  if (moment === null) {
    return undefined;
  }
  const left = Date.parse(moment) - now;
  return left <= 0 ? "now" : `in ${duration(left)}`;
}

function since(moment: string | null): string {
  return moment === null ? "" : `, since ${utcTime(Date.parse(moment))}`;
}

function shown(text: string | null | undefined): string | undefined {
  return text == null ? undefined : printable(text);
}
