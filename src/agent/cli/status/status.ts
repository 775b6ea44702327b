import * as z from "zod";
import { CommandError } from "../../../lib/command-line/command-error.ts";
import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { shutdownSignal } from "../../../lib/command-line/shutdown.ts";
import { complain, print, type Terminal } from "../../../lib/command-line/terminal.ts";
import { delay } from "../../../lib/delay.ts";
import { printable } from "../../../lib/printable.ts";
import { asRoot } from "../../../lib/shell-word.ts";
import { type AgentStatus, agentStatusSchema, keyIs } from "../../daemon/status/status.ts";
import { type AgentFolders, type ConfigOptions, findFolders } from "../host/agent-place.ts";
import { type AgentAnswer, askAgent } from "../host/agent-socket.ts";
import { lastKnown } from "./last-known.ts";
import { statusLine, statusReport } from "./status-report.ts";
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

/** What the running agent sees; the exit code is the verdict. With `--json`, stdout holds a status or nothing. */
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
  if (place.obstacle === undefined && answer.status.dataDir !== place.dataDir) {
    complain(
      terminal,
      `This agent keeps its state in ${printable(answer.status.dataDir, 4096)}, and agent.toml says ${printable(place.dataDir, 4096)}: it is another agent, or it has not been restarted since.`,
    );
  }
  return options.waitFor === undefined
    ? stateVerdict(answer.status)
    : verdictOnKey(answer.status, options.waitFor, options.timeout, terminal);
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
  timeoutMs: number,
  terminal: Terminal,
): ExitCode {
  if (keyIs(seen, fingerprint)) {
    return ExitCode.good;
  }
  const other =
    seen.pendingChange === null && seen.key?.fingerprint !== fingerprint
      ? ` No key ${fingerprint} is in the files that the agent reads (${seen.configPath}).`
      : "";
  complain(terminal, `Not online with key ${fingerprint} after ${timeoutMs / 1000} s.${other}`);
  return ExitCode.bad;
}

async function unanswered(
  answer: Exclude<AgentAnswer, { kind: "answered" }>,
  place: AgentFolders,
  { json }: StatusOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const start = asRoot("systemctl start novacula-agent");
  if (json === true) {
    const isSilent = answer.kind === "no-answer";
    throw new CommandError(
      isSilent ? "no_answer" : "not_running",
      answer.why,
      isSilent ? {} : { fix: start },
    );
  }
  complain(terminal, answer.why);
  if (answer.kind === "no-answer") {
    return ExitCode.couldNotTell;
  }
  if (place.obstacle !== undefined) {
    complain(
      terminal,
      `But ${printable(place.path, 4096)} ${place.obstacle}: an agent that was started with another runtime_dir is not seen from here.`,
    );
  }
  complain(terminal, `Start it with: ${start} (or, in the foreground: novacula-agent run)`);
  const known = await lastKnown(place.dataDir);
  if (known !== undefined) {
    complain(terminal, known);
  }
  return ExitCode.notRunning;
}

/** Prints whenever something changed that a person would act on; the time of the next try alone is none. */
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
        complain(terminal, answer.why);
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

function essenceOf(answer: AgentAnswer): string {
  if (answer.kind !== "answered") {
    return answer.why;
  }
  const { state, since, key, pendingChange, pid, executor, controlPlane } = answer.status;
  return JSON.stringify([state, since, key, pendingChange, pid, executor, controlPlane]);
}
