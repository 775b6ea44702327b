import type { ObservedNode, ObservedProcess } from "./observed-node.ts";

/**
 * Figures move by themselves while all is well: free space, height, target height, peers, progress
 * and memory. All else of a node is its essence. Each field is named here, because a control plane
 * compares the nodes of its fleet once a minute, and a loop over names takes several times as long
 * (a test changes each field of the schema).
 */

/** A text that is equal for equal figures. */
export function figuresOf({ diskFreeBytes, processes }: ObservedNode): string {
  const figures = processes.map(({ height, targetHeight, peers, syncProgress, memoryBytes }) => [
    height,
    targetHeight,
    peers,
    syncProgress,
    memoryBytes,
  ]);
  return JSON.stringify([diskFreeBytes, figures]);
}

/** Whether both say the same, but for figures. */
export function haveSameEssence(one: ObservedNode, other: ObservedNode): boolean {
  return (
    one.id === other.id &&
    one.name === other.name &&
    one.revision === other.revision &&
    one.isGone === other.isGone &&
    one.isUnlisted === other.isUnlisted &&
    one.processes.length === other.processes.length &&
    one.processes.every((process, index) => isSameProcess(process, other.processes[index]))
  );
}

function isSameProcess(one: ObservedProcess, other: ObservedProcess | undefined): boolean {
  return (
    other !== undefined &&
    one.role === other.role &&
    one.client === other.client &&
    one.version === other.version &&
    one.status === other.status &&
    one.problem === other.problem &&
    one.reason === other.reason &&
    one.since === other.since &&
    one.restarts === other.restarts
  );
}

/** Gives `node` the figures of `newer`, which has the same essence. */
export function takeFigures(node: ObservedNode, newer: ObservedNode): void {
  node.diskFreeBytes = newer.diskFreeBytes;
  for (const [index, process] of newer.processes.entries()) {
    const { [index]: taken } = node.processes;
    if (taken !== undefined) {
      taken.height = process.height;
      taken.targetHeight = process.targetHeight;
      taken.peers = process.peers;
      taken.syncProgress = process.syncProgress;
      taken.memoryBytes = process.memoryBytes;
    }
  }
}
