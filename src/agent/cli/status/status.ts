import * as z from "zod";
import { CommandError } from "../../../lib/command-line/command-error.ts";
import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { shutdownSignal } from "../../../lib/command-line/shutdown.ts";
import { complain, print, type Terminal } from "../../../lib/command-line/terminal.ts";
import { delay } from "../../../lib/delay.ts";
import { printable } from "../../../lib/printable.ts";
import { type AgentStatus, agentStatusSchema, keyIs } from "../../daemon/status/status.ts";
import { type AgentFolders, findFolders } from "../host/agent-place.ts";
import { type AgentAnswer, askAgent } from "../host/agent-socket.ts";
import type { ConfigOptions } from "../host/config-place.ts";
import { driftNote } from "../host/credential-drift.ts";
import { lastKnown } from "./last-known.ts";
import { statusLine, statusReport } from "./status-report.ts";
import { sayUnanswered, unansweredError } from "./unanswered.ts";
import { stateVerdict } from "./verdict.ts";
import { waitForKey } from "./wait-for-key.ts";

export interface StatusOptions extends ConfigOptions {
  readonly json?: boolean;
  readonly watch?: boolean;
  /** A fingerprint. */
  readonly waitFor?: string;
  /** Milliseconds. */
  readonly timeout: number;
  readonly schema?: boolean;
}

const WATCH_INTERVAL_MS = 500;

/**
 * Prints the status of the running agent; the exit code is the verdict. With `--json`, stdout is
 * one status or empty, and stderr one error or empty.
 */
export async function status(options: StatusOptions, terminal: Terminal): Promise<ExitCode> {
  if (options.schema === true) {
    print(terminal, statusSchemaText());
    return ExitCode.good;
  }
  const signal = shutdownSignal();
  const place = await findFolders(options, terminal.environment);
  if (options.watch === true) {
    return await watch(place, options, terminal, signal);
  }
  const answer =
    options.waitFor === undefined
      ? await askAgent(place.runtimeDir, "GET /status", 0, signal)
      : await waitForKey(place.runtimeDir, options.waitFor, options.timeout, signal);
  if (answer.kind !== "answered") {
    return await unanswered(answer, place, options, terminal);
  }
  show(answer.status, options, terminal);
  const notes = options.json === true ? [] : await driftNote(place, answer.status);
  for (const note of notes) {
    complain(terminal, note);
  }
  // With --json a person reads nothing, and a program finds the folder in the status.
  if (options.json !== true && place.obstacle === undefined && answer.status.dataDir !== place.dataDir) {
    complain(
      terminal,
      `This agent keeps its state in ${printable(answer.status.dataDir, 4096)}, but agent.toml says ${printable(place.dataDir, 4096)}. It is another agent, or it was not restarted after the change.`,
    );
  }
  return options.waitFor === undefined
    ? stateVerdict(answer.status)
    : verdictOnKey(answer.status, options.waitFor, options, terminal);
}

/** The schema that is also published in docs/schemas. */
export function statusSchemaText(): string {
  return JSON.stringify(z.toJSONSchema(agentStatusSchema), undefined, 2);
}

function show(seen: AgentStatus, { json }: StatusOptions, terminal: Terminal): void {
  print(
    terminal,
    json === true ? JSON.stringify(seen, undefined, 2) : statusReport(seen, Date.now(), terminal),
  );
}

function verdictOnKey(
  seen: AgentStatus,
  fingerprint: string,
  { timeout: timeoutMs, json }: StatusOptions,
  terminal: Terminal,
): ExitCode {
  if (keyIs(seen, fingerprint)) {
    return ExitCode.good;
  }
  const other =
    seen.pendingChange === null && seen.key?.fingerprint !== fingerprint
      ? ` The files that the agent reads (${seen.configPath}) do not contain it.`
      : "";
  const message = `Not online with key ${fingerprint} after ${timeoutMs / 1000} s.${other}`;
  if (json === true) {
    throw new CommandError("failed", message);
  }
  complain(terminal, message);
  return ExitCode.bad;
}

async function unanswered(
  answer: Exclude<AgentAnswer, { kind: "answered" }>,
  place: AgentFolders,
  { json }: StatusOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  if (json === true) {
    throw await unansweredError(answer, place, "status");
  }
  const code = await sayUnanswered(answer, place, "status", terminal);
  const known = code === ExitCode.notRunning ? await lastKnown(place.dataDir) : undefined;
  if (known !== undefined) {
    complain(terminal, known);
  }
  return code;
}

/**
 * Prints a line at each change that a person would act on; a new time of the next attempt is not
 * one. With `--json` each line is one object: a status on stdout, or an error on stderr.
 */
async function watch(
  place: AgentFolders,
  options: StatusOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  let last = "";
  while (!signal.aborted) {
    const answer = await askAgent(place.runtimeDir, "GET /status", 0, signal);
    const essence = essenceOf(answer);
    if (essence !== last && !signal.aborted) {
      last = essence;
      if (answer.kind !== "answered") {
        const error = await unansweredError(answer, place, "status");
        complain(terminal, options.json === true ? JSON.stringify(error.output()) : error.message);
      } else if (options.json === true) {
        print(terminal, JSON.stringify(answer.status));
      } else {
        print(terminal, statusLine(answer.status, Date.now(), terminal));
      }
    }
    await delay(WATCH_INTERVAL_MS, signal);
  }
  return ExitCode.good;
}

/** The part of an answer that `--watch` compares. */
function essenceOf(answer: AgentAnswer): string {
  if (answer.kind !== "answered") {
    return answer.why;
  }
  const { state, since, key, pendingChange, pid, executor, controlPlane } = answer.status;
  return JSON.stringify([state, since, key, pendingChange, pid, executor, controlPlane]);
}
