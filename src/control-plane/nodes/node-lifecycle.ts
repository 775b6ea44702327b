import { utcTime } from "../../lib/clock.ts";
import { printable } from "../../lib/printable.ts";
import { badInput, conflict } from "../api-error.ts";
import { auditNode } from "../audit/audit.ts";
import type { Change } from "../rights/change.ts";
import type { ExecutorRecord } from "../store/contract/executors.ts";
import type { NodeRecord } from "../store/contract/nodes.ts";
import {
  executorOf,
  type OrderDeps,
  reachedNode,
  removeNode,
  requireNotDeleted,
  writeOrder,
} from "./node-orders.ts";

/** How long an executor must be silent before its nodes can be given up. */
const LOST_AFTER_MS = 3_600_000;

export type LifecycleAction = "start" | "stop" | "restart";

export async function requestAction(
  { reported }: OrderDeps,
  step: Change,
  id: string,
  action: LifecycleAction,
): Promise<NodeRecord> {
  const { transaction, actor, at } = step;
  const node = await reachedNode(step, id);
  requireNotDeleted(node);
  if (action === "restart" && node.desiredState === "stopped") {
    throw conflict(`node ${node.name} is stopped: start it instead`);
  }
  const desiredState = action === "stop" ? "stopped" : "running";
  if (action !== "restart" && node.desiredState === desiredState) {
    return node;
  }
  const result = await writeOrder(step, reported, node, { desiredState, isRestart: action === "restart" });
  const details = { requested: action };
  await auditNode(transaction.audit, {
    actor,
    action: "node.lifecycle_requested",
    node: result,
    details,
    at,
  });
  return result;
}

/** The row stays until the executor has deleted the node. */
export async function deleteNode(
  { reported }: OrderDeps,
  step: Change,
  id: string,
  confirmName: string,
  keepData: boolean,
): Promise<NodeRecord> {
  const { transaction, actor, at } = step;
  const node = await reachedNode(step, id);
  requireNotDeleted(node);
  requireName(node, confirmName);
  const result = await writeOrder(step, reported, node, { deletion: { keepData, at } });
  await auditNode(transaction.audit, {
    actor,
    action: "node.deleted",
    node: result,
    details: { keepData },
    at,
  });
  return result;
}

/** Removes the row without the executor, which is lost. Returns the node as it was. */
export async function closeLostNode(
  { reported, presence }: OrderDeps,
  step: Change,
  id: string,
  confirmName: string,
): Promise<NodeRecord> {
  const { transaction, actor, at } = step;
  const node = await reachedNode(step, id);
  requireName(node, confirmName);
  requireLost(presence, await executorOf(step, node), at);
  await removeNode(step, reported, node);
  await auditNode(transaction.audit, { actor, action: "node.closed_as_lost", node, details: {}, at });
  return node;
}

function requireLost(presence: OrderDeps["presence"], executor: ExecutorRecord, at: number): void {
  const lastSyncAt = presence.lastSyncAt(executor);
  const silentMs = lastSyncAt === null ? LOST_AFTER_MS : at - lastSyncAt;
  if (!presence.isOnline(executor, at) && silentMs >= LOST_AFTER_MS) {
    return;
  }
  const last = utcTime(lastSyncAt ?? at);
  const from = utcTime((lastSyncAt ?? at) + LOST_AFTER_MS + 999);
  throw conflict(
    `executor ${printable(executor.name)} is not lost: its last sync was at ${last}. Delete the node without ` +
      `host-lost, or, if there is no further sync, give it up from ${from} on`,
  );
}

function requireName({ name }: NodeRecord, confirmName: string): void {
  if (confirmName !== name) {
    throw badInput(`the name does not match: to confirm, give the name of the node, ${name}`);
  }
}
