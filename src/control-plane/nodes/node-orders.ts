import { printable } from "../../lib/printable.ts";
import { randomId } from "../../lib/random-id.ts";
import { MAX_NODES } from "../../protocol/nodes/node-spec.ts";
import { type ApiError, conflict, notFound } from "../api-error.ts";
import type { Change } from "../rights/change.ts";
import type { ExecutorRecord } from "../store/contract/executors.ts";
import type { ChangeNumber, NewNode, NodeOrder, NodeRecord } from "../store/contract/nodes.ts";
import { nextChange, nextRevision } from "./change-number.ts";
import { type ReportedNodes, seenBy } from "./reported-nodes.ts";

/**
 * How orders about nodes are written: each raises the change number of its executor's list, and the
 * revision of the node, in the transaction of the change.
 */

/** What changes of nodes ask about executors. */
export interface ExecutorPresence {
  /** Epoch ms; null: never. */
  lastSyncAt(executor: Pick<ExecutorRecord, "id" | "lastSyncAt">): number | null;
  /** `now` is epoch ms. */
  isOnline(executor: Pick<ExecutorRecord, "id" | "lastSyncAt">, now: number): boolean;
}

export interface OrderDeps {
  readonly presence: ExecutorPresence;
  readonly reported: ReportedNodes;
}

/** The node. NOT_FOUND if there is none, or if it is another organization's. */
export async function reachedNode({ transaction, actor }: Change, id: string): Promise<NodeRecord> {
  const node = await transaction.nodes.byId(id);
  if (node !== undefined && actor.reaches(node.organizationId)) {
    return node;
  }
  throw notFound(`there is no node with id ${printable(id)}: choose one from the list of nodes`);
}

/** The executor of a node. It exists as long as the node does. */
export async function executorOf({ transaction }: Change, node: NodeRecord): Promise<ExecutorRecord> {
  const executor = await transaction.executors.byId(node.executor.id);
  if (executor === undefined) {
    throw new TypeError("a node has no executor");
  }
  return executor;
}

/** Throws CONFLICT if the node is ordered to be deleted. */
export function requireNotDeleted({ name, deletion, isGone, executor }: NodeRecord): void {
  if (isGone) {
    throw conflict(`node ${name} is deleted, and ${keptData(name, executor.name)}`);
  }
  if (deletion !== null) {
    throw conflict(`node ${name} is being deleted: nothing else can be done with it`);
  }
}

export function keptData(name: string, executor: string): string {
  return (
    `its data is kept on executor ${printable(executor)}: to free the name, purge the data there ` +
    `(sudo novacula-agent nodes purge ${name}); half a minute later it is free`
  );
}

/** Writes a new node with its first revision. */
export async function writeNew(
  { transaction, actor, at }: Change,
  reported: ReportedNodes,
  node: Pick<NewNode, "organizationId" | "executorId" | "name"> & NodeOrder,
): Promise<NodeRecord> {
  const { nodes } = transaction;
  const own = await nodes.ofExecutor(node.executorId);
  if (own.nodes.length >= MAX_NODES) {
    throw conflict(
      `the executor has ${MAX_NODES} nodes, which is the most: delete one, or use another executor`,
    );
  }
  const next = nextChange(own, seenBy(reported.get(node.executorId), own.seen));
  const id = randomId();
  const { lostChanges } = next;
  await nodes.insert({ ...node, id, revision: 1, lostChanges, createdAt: at }, actor.name);
  await nodes.setChangeNumber(node.executorId, next);
  return written(await nodes.byId(id));
}

interface ChangedOrder extends Partial<Omit<NodeOrder, "restartGeneration">> {
  readonly isRestart?: boolean;
}

/**
 * Writes a changed order as the next revision. Each revision that a restored database has lost may
 * have been a restart, so a restart raises the generation as far as the revision.
 */
export async function writeOrder(
  change: Change,
  reported: ReportedNodes,
  node: NodeRecord,
  { isRestart = false, ...changed }: ChangedOrder,
): Promise<NodeRecord> {
  const { transaction, actor, at } = change;
  const next = await raise(change, reported, node.executor.id);
  const { id, desiredState, deletion } = node;
  const config = changed.config ?? node.config;
  if (config === undefined) {
    throw damagedRow(node.name);
  }
  const revision = nextRevision(node, next);
  const restartGeneration = node.restartGeneration + (isRestart ? revision - node.revision : 0);
  const order = { desiredState, deletion, ...changed, config, restartGeneration };
  const made = { at, actor: actor.name };
  await transaction.nodes.order({ id, ...order, revision, lostChanges: next.lostChanges }, made);
  return written(await transaction.nodes.byId(id));
}

/** Removes the row of a node. */
export async function removeNode(change: Change, reported: ReportedNodes, node: NodeRecord): Promise<void> {
  await raise(change, reported, node.executor.id);
  await change.transaction.nodes.delete(node.id);
}

async function raise(
  { transaction }: Change,
  reported: ReportedNodes,
  executorId: string,
): Promise<ChangeNumber> {
  const own = await transaction.nodes.ofExecutor(executorId);
  const next = nextChange(own, seenBy(reported.get(executorId), own.seen));
  await transaction.nodes.setChangeNumber(executorId, next);
  return next;
}

function written(node: NodeRecord | undefined): NodeRecord {
  if (node === undefined) {
    throw new TypeError("a node that was just written is not there");
  }
  return node;
}

export function damagedRow(name: string): ApiError {
  return conflict(`the row of node ${name} in the database is damaged: repair it, or restore a backup`);
}
