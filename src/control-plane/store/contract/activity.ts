import type { NodeCapabilities } from "../../../protocol/nodes/node-exchange.ts";
import type { ObservedNode } from "../../../protocol/nodes/observed-node.ts";
import type { ExecutorDeclaration, ExecutorRefusal } from "./executors.ts";
import type { KeyReference } from "./references.ts";

/** What every sync leaves behind. It is written later, and only the newest of each kind. */
export type Activity =
  | { readonly kind: "key-used"; readonly keyId: string; readonly at: number }
  | {
      readonly kind: "synced";
      readonly executorId: string;
      readonly key: KeyReference;
      readonly declaration: ExecutorDeclaration;
      readonly at: number;
    }
  | { readonly kind: "refused"; readonly executorId: string; readonly refusal: ExecutorRefusal }
  | NodesReported;

/** What an executor reported about its nodes. Nodes that are not its own are left out. */
export interface NodesReported {
  readonly kind: "nodes-reported";
  readonly executorId: string;
  readonly seen: number | null;
  readonly capabilitiesHash: string;
  /** Null: known by the hash. */
  readonly capabilities: NodeCapabilities | null;
  /** By the id of the node. */
  readonly observed: ReadonlyMap<string, ObservedNode>;
  /** Whether other nodes of the executor are no longer observed. */
  readonly isWhole: boolean;
  readonly at: number;
}

export interface ActivityRecorder {
  /**
   * All or nothing. Once resolved, the activities survive the end of the process. Outside a
   * transaction they do not survive a power cut until the next one commits.
   */
  record(activities: readonly Activity[]): Promise<void>;
}
