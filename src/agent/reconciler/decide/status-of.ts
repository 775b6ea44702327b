import { constants } from "node:os";
import { duration } from "../../../lib/duration.ts";
import { printable } from "../../../lib/printable.ts";
import type { NodeProblem, ProcessStatus } from "../../../protocol/nodes/observed-node.ts";
import type { AnsweredReading } from "../probe/probe-reading.ts";
import { activityOf, type UnitState } from "./unit-state.ts";

/** All that the status of a process follows from. */
export interface StatusFacts {
  readonly state: UnitState;
  readonly isWantedRunning: boolean;
  /** What the running process answered last; undefined: nothing yet. */
  readonly reading: AnsweredReading | undefined;
  /** How long it has not answered, ms: since its last answer, or since its start. */
  readonly quietMs: number;
  /** Why it did not answer, as a clause. */
  readonly silence: string | undefined;
  readonly startUpSecs: number;
  /** How many blocks behind still counts as running. */
  readonly syncMarginBlocks: number;
  /** Its memory limit, bytes; null: none. */
  readonly memoryLimitBytes: number | null;
  /** Whether the kernel killed it for memory since the last start that was asked for. */
  readonly wasOutOfMemory: boolean;
  /** Why the planner does not carry out what is ordered. */
  readonly obstacle: { readonly problem: NodeProblem; readonly reason: string } | undefined;
}

export interface StatusOf {
  readonly status: ProcessStatus;
  readonly problem: NodeProblem | null;
  /** One sentence for a person, at most 300 characters. */
  readonly reason: string | null;
}

/**
 * What is observed of a process, from systemd and its own answer. An obstacle to an order is shown
 * beside the status of what runs: what ran before goes on.
 */
export function statusOf(facts: StatusFacts): StatusOf {
  const { obstacle } = facts;
  const seen = seenStatus(facts);
  if (obstacle === undefined || seen.status === "error") {
    return seen;
  }
  const status = seen.status === "stopped" && facts.isWantedRunning ? "error" : seen.status;
  return { status, problem: obstacle.problem, reason: printable(obstacle.reason, 300) };
}

function seenStatus(facts: StatusFacts): StatusOf {
  switch (activityOf(facts.state)) {
    case "up":
      return runningStatus(facts);
    case "starting":
      return plain("starting");
    case "stopping":
      return facts.isWantedRunning
        ? plain("starting", "It is stopping, and then starts again.")
        : plain("running", "It is stopping.");
    case "waiting":
      return crashed(facts);
    case "down":
      return downStatus(facts);
  }
}

function runningStatus(facts: StatusFacts): StatusOf {
  const { reading, quietMs, startUpSecs, silence } = facts;
  if (quietMs > startUpSecs * 1000 && silence !== undefined) {
    return bad(
      "unresponsive",
      `It runs, and has not answered for ${duration(startUpSecs * 1000)} and more: ${silence}. It may be repairing its data: look at its log. It is not restarted for that.`,
    );
  }
  if (reading === undefined) {
    return plain("starting");
  }
  return plain(isSyncing(reading, facts.syncMarginBlocks) ? "syncing" : "running");
}

function isSyncing(reading: AnsweredReading, margin: number): boolean {
  const { height, targetHeight, isBehind } = reading;
  return isBehind || (height !== null && targetHeight !== null && targetHeight - height > margin);
}

function crashed(facts: StatusFacts): StatusOf {
  const { state } = facts;
  if (facts.wasOutOfMemory || state.result === "oom-kill") {
    return bad(
      "out_of_memory",
      `The kernel killed it for memory${limitText(facts)}; systemd has restarted it ${times(state.restarts)} and tries again. Fix: give the node more memory.`,
    );
  }
  return bad(
    "crash_loop",
    `It ended (${endText(state)}); systemd has restarted it ${times(state.restarts)} and tries again after up to 5 min. Fix: look at its log.`,
  );
}

function downStatus(facts: StatusFacts): StatusOf {
  const { state, isWantedRunning } = facts;
  if (!isWantedRunning) {
    return plain("stopped");
  }
  if (state.result === "oom-kill" || facts.wasOutOfMemory) {
    return bad("out_of_memory", `The kernel killed it for memory${limitText(facts)}. Fix: give it more.`);
  }
  if (!state.isConditionMet) {
    return bad("crash_loop", "It did not start, because its file of arguments is missing.");
  }
  return state.activeState === "failed"
    ? bad("crash_loop", `It failed (${endText(state)}). Fix: look at its log.`)
    : plain("stopped");
}

/** `exit status 1`, `signal 6`. */
function endText({ exit, result }: UnitState): string {
  if (exit === undefined) {
    return result === "success" ? "for an unknown reason" : printable(result, 40);
  }
  if (exit.how === "exited") {
    return `exit status ${exit.status}`;
  }
  const hint = exit.status === constants.signals.SIGKILL ? ", sent by somebody or for lack of memory" : "";
  return `signal ${exit.status}${hint}`;
}

function limitText({ memoryLimitBytes }: StatusFacts): string {
  return memoryLimitBytes === null ? "" : ` at its limit of ${Math.round(memoryLimitBytes / 1024 ** 2)} MiB`;
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

function plain(status: ProcessStatus, reason: string | null = null): StatusOf {
  return { status, problem: null, reason };
}

function bad(problem: NodeProblem, reason: string): StatusOf {
  return { status: "error", problem, reason: printable(reason, 300) };
}
