import type { NodeProblem } from "../../../protocol/nodes/observed-node.ts";
import type { PlannedNode, PlannedPort, PlannedProcess, PlanningHost } from "./planned-node.ts";

/** What decides whether a process can be started. */
export interface StartContext {
  readonly host: PlanningHost;
  /** The unit that has each port, by `tcp:8333`. */
  readonly claimed: Map<string, string>;
}

/** At most max(5 GiB, 2 %) of the disk must stay free for a node to start, bytes. */
export function diskReserve(totalBytes: number): number {
  return Math.max(5 * 1024 ** 3, Math.ceil(totalBytes / 50));
}

/**
 * Why a process that is down cannot be started now: too little free disk, or a port in use.
 * Undefined: nothing is in the way, and its ports are claimed.
 */
export function obstacleToStart(
  { unit }: PlannedProcess,
  node: string,
  ports: readonly PlannedPort[],
  { host, claimed }: StartContext,
): { readonly problem: NodeProblem; readonly reason: string } | undefined {
  if (host.diskFreeBytes < host.diskReserveBytes && !host.onHiddenDisks.has(node)) {
    const reserve = gibibytes(host.diskReserveBytes);
    const reason = `It is not started, because less than ${reserve} of the disk is free. Fix: free disk space.`;
    return { problem: "disk_low", reason };
  }
  const taken = ports.find((port) => host.takenPorts.has(portKey(port)) || isOthers(claimed, port, unit));
  if (taken !== undefined) {
    const { port, protocol } = taken;
    const owner = claimed.get(portKey(taken));
    const user = owner === undefined || owner === unit ? "another program" : owner;
    const reason = `It is not started, because ${user} uses ${protocol} port ${port}. Fix: give the node another port, or stop that program.`;
    return { problem: "port_taken", reason };
  }
  for (const port of ports) {
    claimed.set(portKey(port), unit);
  }
  return undefined;
}

function isOthers(claimed: ReadonlyMap<string, string>, port: PlannedPort, unit: string): boolean {
  const owner = claimed.get(portKey(port));
  return owner !== undefined && owner !== unit;
}

/** The ports of processes that are up, or about to be. */
export function claimedPorts(nodes: readonly PlannedNode[]): Map<string, string> {
  const claimed = new Map<string, string>();
  for (const { processes } of nodes) {
    for (const { activity, wanted, unit } of processes) {
      for (const port of activity !== "down" && wanted.kind === "ready" ? wanted.ports : []) {
        claimed.set(portKey(port), unit);
      }
    }
  }
  return claimed;
}

export function portKey({ port, protocol }: PlannedPort): string {
  return `${protocol}:${port}`;
}

function gibibytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}
