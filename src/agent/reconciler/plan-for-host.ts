import type { ObservedNode } from "../../protocol/nodes/observed-node.ts";
import { type Action, plan } from "./decide/plan.ts";
import type { PlannedNode } from "./decide/planned-node.ts";
import { diskReserve } from "./decide/start-obstacle.ts";
import type { HostLook } from "./host-look.ts";
import type { NodeView, ProcessView } from "./node-view.ts";
import type { Reading } from "./probing.ts";

/** The plan for what was seen of the host. */
export function planForHost(look: HostLook, maySlowStop: boolean): readonly Action[] {
  const { views, folderProblems, disk, onHiddenDisks, takenPorts } = look;
  const nodes = views.map((view): PlannedNode => {
    const node = plannedNode(view);
    const wanted = folderProblems.get(node.name);
    return wanted === undefined
      ? node
      : { ...node, processes: node.processes.map((process) => ({ ...process, wanted })) };
  });
  return plan(nodes, {
    takenPorts,
    diskFreeBytes: disk?.freeBytes ?? Number.POSITIVE_INFINITY,
    onHiddenDisks,
    diskReserveBytes: disk === undefined ? 0 : diskReserve(disk.totalBytes),
    maySlowStop,
  });
}

/** Whether something of the node runs, starts or stops. */
export function isUp({ processes }: NodeView): boolean {
  return processes.some(({ activity }) => activity !== "down");
}

/** Whether something changes within the next moments. A crash loop does not. */
export function isMoving(observed: readonly ObservedNode[], views: readonly NodeView[]): boolean {
  const starts = observed.some(({ processes }) => processes.some(({ status }) => status === "starting"));
  return (
    starts ||
    views.some(({ processes }) =>
      processes.some(({ activity }) => activity === "starting" || activity === "stopping"),
    )
  );
}

/** Whether the program of a client is not on the host. */
export function isWithoutProgram({ processes }: ObservedNode): boolean {
  return processes.some(({ problem }) => problem === "binary_missing");
}

/** Whether systemd waits before it starts a process again. */
export function isWaiting(views: readonly NodeView[]): boolean {
  return views.some(({ processes }) => processes.some(({ activity }) => activity === "waiting"));
}

/**
 * Whether nothing changes by itself: every process is stopped as ordered, or runs, has answered and
 * has nothing to catch up with.
 */
export function isAtRest(
  observed: readonly ObservedNode[],
  views: readonly NodeView[],
  readingOf: (process: ProcessView) => Reading | undefined,
): boolean {
  const isSteady = observed.every(({ processes }) =>
    processes.every(
      ({ status, problem }) => problem === null && (status === "running" || status === "stopped"),
    ),
  );
  return (
    isSteady &&
    views.every(
      ({ held, processes }) => !held.isSlow && processes.every((each) => hasAnswered(each, readingOf)),
    )
  );
}

function hasAnswered(
  process: ProcessView,
  readingOf: (process: ProcessView) => Reading | undefined,
): boolean {
  const reading = process.activity === "up" ? readingOf(process) : undefined;
  return process.activity === "down" || (reading?.answer !== undefined && reading.silence === undefined);
}

/** The planner's view. */
function plannedNode({ held, processes }: NodeView): PlannedNode {
  const { spec, isUnlisted, isSlow, end } = held;
  const desired = spec.deletion === null ? spec.desiredState : "deleted";
  return {
    name: spec.name,
    desired: isUnlisted || end !== null ? "nothing" : desired,
    keepData: spec.deletion?.keepData ?? false,
    isSlow,
    revision: spec.revision,
    restartGeneration: spec.restartGeneration,
    processes: processes.map(({ applied, ...process }) => ({
      ...process,
      isEnabled: process.state.isEnabled,
      givenLimits: applied.limits,
    })),
  };
}
