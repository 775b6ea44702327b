import type { NodeCapabilities } from "../../../protocol/nodes/node-exchange.ts";
import type { DesiredNodeState, NodeConfig } from "../../../protocol/nodes/node-spec.ts";
import type { ObservedNode } from "../../../protocol/nodes/observed-node.ts";
import type { Damageable } from "./damageable.ts";
import type { SearchPage } from "./lists.ts";
import type { ExecutorReference } from "./references.ts";

/** What an executor's list of nodes is known by. */
export interface ChangeNumber {
  /** Grows with each change of the list. */
  readonly changeNumber: number;
  /**
   * How many changes this database has lost in all, because it was restored from a backup. See
   * `nodes/change-number.ts`.
   */
  readonly lostChanges: number;
}

/** What every sync of an executor needs to know of its nodes. */
export interface ExecutorNodes extends ChangeNumber {
  /** The change number that the executor reported last; null: none. */
  readonly seen: number | null;
  /** The capabilities that the executor reported last; null: none. */
  readonly capabilitiesHash: string | null;
  readonly nodes: readonly OwnNode[];
}

/** Of an executor that never had nodes and reported none. */
export const NO_NODES: ExecutorNodes = {
  changeNumber: 0,
  lostChanges: 0,
  seen: null,
  capabilitiesHash: null,
  nodes: [],
};

/** What a report about a node is compared with. */
export interface OwnNode extends Pick<NodeOrder, "desiredState" | "deletion"> {
  readonly id: string;
  readonly name: string;
  readonly isGone: boolean;
}

/** The order to delete a node. */
export interface NodeDeletion {
  readonly keepData: boolean;
  readonly at: number;
}

/** What people ordered of a node. */
export interface NodeOrder {
  readonly config: NodeConfig;
  readonly desiredState: DesiredNodeState;
  readonly restartGeneration: number;
  readonly deletion: NodeDeletion | null;
}

export interface NewNode extends NodeOrder {
  readonly id: string;
  readonly organizationId: string;
  readonly executorId: string;
  readonly name: string;
  /** The executor's `lostChanges` when the revision was made. */
  readonly lostChanges: number;
  readonly revision: number;
  readonly createdAt: number;
}

export interface NodeRecord extends Omit<NodeOrder, "config">, Damageable {
  readonly id: string;
  readonly organizationId: string;
  readonly executor: ExecutorReference;
  readonly name: string;
  readonly revision: number;
  readonly lostChanges: number;
  /** Undefined if it cannot be read. Such a node is sent to no executor. */
  readonly config: NodeConfig | undefined;
  /** The executor has deleted the node, and keeps its data as ordered: its name is still in use. */
  readonly isGone: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly observed: ObservedNode | null;
  /** When the executor reported `observed`. */
  readonly observedAt: number | null;
}

/** One revision of a node. All of them are kept as long as the node. */
export interface NodeRevision extends Omit<NodeOrder, "config">, Damageable {
  readonly revision: number;
  /** Undefined if it cannot be read. */
  readonly config: NodeConfig | undefined;
  readonly at: number;
  /** Who made it, as in the audit log. */
  readonly actor: string;
}

/** All non-null filters must match. */
export interface NodePage extends SearchPage {
  readonly executorId: string | null;
  readonly chain: string | null;
}

/** What every sync asks. */
export interface NodeLookup {
  ofExecutor(executorId: string): Promise<ExecutorNodes>;
}

export interface NodeReader extends NodeLookup {
  /** In any organization. */
  byId(id: string): Promise<NodeRecord | undefined>;
  byName(executorId: string, name: string): Promise<NodeRecord | undefined>;
  /** All of the executor, also deleted ones and those that are gone, oldest first. */
  listOfExecutor(executorId: string): Promise<readonly NodeRecord[]>;
  /** Newest first. */
  list(organizationId: string, page: NodePage): Promise<readonly NodeRecord[]>;
  /** Newest first. */
  revisions(nodeId: string, limit: number): Promise<readonly NodeRevision[]>;
  hasCapabilities(hash: string): Promise<boolean>;
  /** What the executor reported last that it can run; undefined if it reported nothing readable. */
  capabilitiesOf(executorId: string): Promise<NodeCapabilities | undefined>;
}

export interface NodeWriter extends NodeReader {
  /** Also writes the first revision, as made by `actor`. */
  insert(node: NewNode, actor: string): Promise<void>;
  /** Changes the order, and also writes the new revision. */
  order(
    node: Pick<NewNode, "id" | "revision" | "lostChanges"> & NodeOrder,
    made: { readonly at: number; readonly actor: string },
  ): Promise<void>;
  /** The executor has deleted it and keeps its data. */
  setGone(id: string): Promise<void>;
  /** With its revisions and what was observed. */
  delete(id: string): Promise<void>;
  setChangeNumber(executorId: string, number: ChangeNumber): Promise<void>;
}
