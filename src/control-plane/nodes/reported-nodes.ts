import type { NodesReport } from "../../protocol/nodes/node-exchange.ts";
import type { NodePhase } from "../../protocol/nodes/node-phase.ts";

/** What this process knows of an executor's nodes, some seconds before the store does. */
export interface Reported {
  seen: number | null;
  capabilitiesHash: string | null;
  /** When it last reported anything about nodes, epoch ms; null: not to this process. */
  reportedAt: number | null;
  /** When it last reported everything, monotonic ms; null: not to this process. */
  wholeAt: number | null;
  /** The phases that were logged last, by the id of the node. */
  phases: Map<string, NodePhase>;
  /** Nodes that were in error in the last report, and not in the one before. */
  suspects: Set<string>;
  isBehindLogged: boolean;
}

/** Of each executor that has reported nodes to this process. */
export class ReportedNodes {
  private readonly reported = new Map<string, Reported>();

  get(executorId: string): Reported | undefined {
    return this.reported.get(executorId);
  }

  set(executorId: string, reported: Reported): void {
    this.reported.set(executorId, reported);
  }

  /** Of an executor that was deleted. */
  forget(executorId: string): void {
    this.reported.delete(executorId);
  }
}

/** The change number that the executor saw last, as far as this process or the store knows. */
export function seenBy(reported: Reported | undefined, stored: number | null): NodesReport["seen"] {
  return reported === undefined ? stored : reported.seen;
}
