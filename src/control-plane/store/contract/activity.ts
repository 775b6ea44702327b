import type { NodeCapabilities } from "../../../protocol/nodes/node-exchange.ts";
import type { ObservedNode } from "../../../protocol/nodes/observed-node.ts";
import type {
  ExecutorDeclaration,
  ExecutorRefusal,
  InstanceDeclaration,
  NewTransition,
} from "./executors.ts";
import type { KeyRefusal } from "./keys.ts";
import type { KeyReference } from "./references.ts";

/** What every sync leaves behind. It is written later, and only the newest of each kind. */
export type Activity =
  | {
      readonly kind: "key-used";
      readonly keyId: string;
      readonly at: number;
      /** An activity "synced" of the same moment shows it, too. */
      readonly isShown?: boolean;
    }
  | {
      readonly kind: "synced";
      readonly executorId: string;
      readonly key: KeyReference;
      readonly declaration: ExecutorDeclaration & Partial<InstanceDeclaration>;
      readonly address: string | null;
      readonly at: number;
    }
  | { readonly kind: "refused"; readonly executorId: string; readonly refusal: ExecutorRefusal }
  /** A key that exists was refused. Nothing is written if it was deleted in the meantime. */
  | { readonly kind: "key-refused"; readonly keyId: string; readonly refusal: KeyRefusal }
  /** The executor's only process has stopped in an orderly way. */
  | { readonly kind: "stopped"; readonly executorId: string; readonly at: number }
  /** Oldest first. */
  | { readonly kind: "moved"; readonly executorId: string; readonly transitions: readonly NewTransition[] }
  /**
   * This process starts. Executors whose last sync is older than `before` went offline while no
   * control plane ran.
   */
  | { readonly kind: "started"; readonly before: number }
  | NodesReported;

/** What an executor reported about its nodes. Nodes that are not its own are left out. */
export interface NodesReported {
  readonly kind: "nodes-reported";
  readonly executorId: string;
  readonly seen: number | null;
  /** Null: those before. */
  readonly capabilitiesHash: string | null;
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
   * transaction they do not survive a power cut, or the crash of a database server, until the next
   * one commits.
   */
  record(activities: readonly Activity[]): Promise<void>;
}
