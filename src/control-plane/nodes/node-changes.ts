import { printable } from "../../lib/printable.ts";
import type { Actor } from "../audit/audit.ts";
import type { Logger } from "../log/logger.ts";
import { type Change, changeAs } from "../rights/change.ts";
import type { NodeRecord } from "../store/contract/nodes.ts";
import type { Transactions } from "../store/contract/store.ts";
import {
  type ChangedNode,
  createNode,
  type NewNodeRequest,
  type NodeUpdate,
  updateNode,
} from "./node-configuration.ts";
import { closeLostNode, deleteNode, type LifecycleAction, requestAction } from "./node-lifecycle.ts";
import type { OrderDeps } from "./node-orders.ts";

interface NodeChangesDeps extends OrderDeps {
  readonly store: Transactions;
  /** Writes what executors have reported so far. */
  readonly flush: () => Promise<void>;
  readonly logger: Logger;
  /** Epoch ms. */
  readonly now: () => number;
}

/**
 * The changes to nodes. Each runs in one transaction with its audit event, and rejects with an
 * ApiError if it is not possible or not allowed.
 */
export class NodeChanges {
  private readonly deps: NodeChangesDeps;

  constructor(deps: NodeChangesDeps) {
    this.deps = deps;
  }

  /** Each role without a client gets the usual one. */
  async create(actor: Actor, request: NewNodeRequest): Promise<ChangedNode> {
    // What the executor can run may have come a moment ago.
    await this.deps.flush();
    const changed = await this.change(actor, (step) => createNode(this.deps, step, request));
    this.log("node.created", actor, changed.node, "created. Its executor starts it at its next sync");
    return changed;
  }

  /** Rejects with CONFLICT if the node is no longer at `expectedRevision`. */
  async update(actor: Actor, id: string, expectedRevision: number, update: NodeUpdate): Promise<ChangedNode> {
    await this.deps.flush();
    return this.change(actor, (step) => updateNode(this.deps, step, id, expectedRevision, update));
  }

  async request(actor: Actor, id: string, action: LifecycleAction): Promise<NodeRecord> {
    const node = await this.change(actor, (step) => requestAction(this.deps, step, id, action));
    this.log("node.lifecycle.requested", actor, node, ASKED[action], { action });
    return node;
  }

  /** The row stays until the executor has deleted the node. */
  async delete(actor: Actor, id: string, confirmName: string, keepData: boolean): Promise<NodeRecord> {
    const node = await this.change(actor, (step) => deleteNode(this.deps, step, id, confirmName, keepData));
    const effect = keepData ? "stops it and keeps its data" : "stops it and deletes its data";
    this.log("node.deleted", actor, node, `deleted. Its executor ${effect}`, { keepData });
    return node;
  }

  /** Removes the row without the executor, which is lost. Returns the node as it was. */
  async closeLost(actor: Actor, id: string, confirmName: string): Promise<NodeRecord> {
    const node = await this.change(actor, (step) => closeLostNode(this.deps, step, id, confirmName));
    const effect = "given up with its lost executor. If the host still runs, so does the node";
    this.log("node.closed-as-lost", actor, node, effect);
    return node;
  }

  private change<Result>(actor: Actor, make: (change: Change) => Promise<Result>): Promise<Result> {
    return changeAs(this.deps, actor, make);
  }

  /** `effect` continues "Node btc-1 of executor web-01 was". */
  private log(event: OrderEvent, actor: Actor, node: NodeRecord, effect: string, fields: object = {}): void {
    const { id: nodeId, name, executor, revision } = node;
    const who = { executorId: executor.id, executor: printable(executor.name), actor: printable(actor.name) };
    this.deps.logger.info(
      { ...fields, event, nodeId, node: name, ...who, revision },
      `${who.actor}: node ${printable(name)} of executor ${who.executor} was ${effect}.`,
    );
  }
}

type OrderEvent = "node.created" | "node.deleted" | "node.closed-as-lost" | "node.lifecycle.requested";

const ASKED: Readonly<Record<LifecycleAction, string>> = {
  start: "ordered to start",
  stop: "ordered to stop",
  restart: "ordered to restart",
};
