import type { NodeProblem } from "../../../protocol/nodes/observed-node.ts";
import type { PlannedNode, PlannedProcess, PlanningHost } from "./planned-node.ts";
import { claimedPorts, obstacleToStart, type StartContext } from "./start-obstacle.ts";

interface ActionOn<Kind extends string> {
  readonly kind: Kind;
  readonly node: string;
  readonly role: string;
  readonly unit: string;
  readonly reason: string;
}

/** `run` and `restart` write the files before. `keep` forgets a node and leaves its data. */
export type Action =
  | ActionOn<"write" | "limit" | "run" | "restart" | "stop" | "delete" | "keep">
  | (ActionOn<"report"> & { readonly problem: NodeProblem });

type Say = (kind: Exclude<Action["kind"], "report">, process: PlannedProcess, reason: string) => void;
type Report = (process: PlannedProcess, problem: NodeProblem, reason: string) => void;

/**
 * Desired against observed: what to do now, each with its reason. Pure: no clock, no disk, no
 * network. Applied again and again it converges, and is then empty but for reports.
 */
export function plan(nodes: readonly PlannedNode[], host: PlanningHost): readonly Action[] {
  const claimed = claimedPorts(nodes);
  const restarting = nodeToRestart(nodes);
  const slow = host.maySlowStop ? nodes.find((node) => node.isSlow && isUpOrEnabled(node)) : undefined;
  const stops: Action[] = [];
  const others: Action[] = [];
  for (const node of nodes) {
    const isStop = node.desired === "stopped" || node.desired === "deleted";
    const actions = isStop ? stops : others;
    const say: Say = (kind, { role, unit }, reason) =>
      actions.push({ kind, node: node.name, role, unit, reason });
    const report: Report = ({ role, unit }, problem, reason) =>
      actions.push({ kind: "report", node: node.name, role, unit, reason, problem });
    if (isStop) {
      planStop(node, !node.isSlow || node === slow, say, report);
    } else if (node.desired === "running") {
      for (const process of node.processes) {
        planRun(process, node, { host, claimed, mayRestart: node === restarting }, say, report);
      }
    }
  }
  return [...stops, ...others];
}

function planStop(node: PlannedNode, mayStop: boolean, say: Say, report: Report): void {
  const reason = node.desired === "deleted" ? "it is deleted" : "its desired state is stopped";
  if (isUpOrEnabled(node) && !mayStop) {
    for (const process of node.processes) {
      report(
        process,
        "deletion_held_back",
        "Many nodes were told to stop at once, so they stop one by one, a minute apart.",
      );
    }
    return;
  }
  for (const process of [...node.processes].reverse()) {
    const isStopping = process.activity === "stopping" && !process.isEnabled;
    if (!isStopping && (process.activity !== "down" || process.isEnabled)) {
      say("stop", process, reason);
    }
  }
  const [first] = node.processes;
  if (node.desired === "deleted" && first !== undefined && node.processes.every(isDown)) {
    say(node.keepData ? "keep" : "delete", first, "it is deleted");
  }
}

interface RunContext extends StartContext {
  readonly mayRestart: boolean;
}

function planRun(
  process: PlannedProcess,
  node: PlannedNode,
  context: RunContext,
  say: Say,
  report: Report,
): void {
  const { wanted } = process;
  if (wanted.kind === "problem") {
    report(process, wanted.problem, wanted.reason);
    return;
  }
  const obstacle =
    process.activity === "down" ? obstacleToStart(process, node.name, wanted.ports, context) : undefined;
  if (obstacle !== undefined) {
    report(process, obstacle.problem, obstacle.reason);
    return;
  }
  if (process.limits !== process.givenLimits) {
    say("limit", process, "its limits have changed");
  }
  if (process.activity === "down" || !process.isEnabled) {
    if (process.activity !== "stopping") {
      say("run", process, "its desired state is running");
    }
  } else if (needsRestart(process, node)) {
    if (context.mayRestart) {
      const isChanged = process.startedWith?.hash !== wanted.hash;
      say("restart", process, isChanged ? "its configuration has changed" : "a restart was asked for");
    }
  } else if (!process.hasItsFiles) {
    say("write", process, "its files are not as they should be");
  }
}

/** At most one node restarts at a time. One that crashes again and again holds up no other. */
function nodeToRestart(nodes: readonly PlannedNode[]): PlannedNode | undefined {
  const isStopped = ({ desired }: PlannedNode) => desired === "stopped" || desired === "deleted";
  const busy = nodes.find((node) => !isStopped(node) && node.processes.some(isChanging));
  const isDue = (node: PlannedNode) =>
    node.desired === "running" && node.processes.some((process) => needsRestart(process, node));
  return busy === undefined ? nodes.find(isDue) : isDue(busy) ? busy : undefined;
}

/**
 * Only an order restarts a node: a revision that changes what the process is started with, or a
 * restart that was asked for. A new release of the agent that renders a spec in another way, or a
 * lost record, changes files alone, and they count from the next start.
 */
function needsRestart(process: PlannedProcess, node: PlannedNode): boolean {
  const { wanted, startedWith, activity, isEnabled } = process;
  const isRunning = isEnabled && (activity === "up" || activity === "waiting");
  if (wanted.kind !== "ready" || !isRunning || startedWith === undefined) {
    return false;
  }
  const isChanged = startedWith.hash !== wanted.hash && startedWith.revision < node.revision;
  return isChanged || startedWith.generation < node.restartGeneration;
}

function isChanging({ activity }: PlannedProcess): boolean {
  return activity === "starting" || activity === "stopping";
}

function isDown({ activity, isEnabled }: PlannedProcess): boolean {
  return activity === "down" && !isEnabled;
}

function isUpOrEnabled({ processes }: PlannedNode): boolean {
  return !processes.every(isDown);
}
