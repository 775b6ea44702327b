import { utcTime } from "../../lib/clock.ts";
import { printable } from "../../lib/printable.ts";
import { conflict } from "../api-error.ts";
import { type Actor, auditExecutor, auditKey } from "../audit/audit.ts";
import { keyStatus } from "../keys/key-status.ts";
import type { Logger } from "../log/logger.ts";
import type { ReportedNodes } from "../nodes/reported-nodes.ts";
import { type Change, changeAs, reachedExecutor } from "../rights/change.ts";
import type { ExecutorRecord } from "../store/contract/executors.ts";
import type { KeyReader, KeyRecord } from "../store/contract/keys.ts";
import type { Transactions } from "../store/contract/store.ts";
import type { Presence } from "./presence/presence.ts";

/** How many nodes an error names. */
const MAX_NAMED = 10;

interface ExecutorDeletionDeps {
  readonly store: Transactions;
  readonly presence: Presence;
  readonly reportedNodes: ReportedNodes;
  readonly logger: Logger;
  readonly now: () => number;
}

interface DeletionRequest {
  readonly executorId: string;
  /** Also revokes the keys that serve no other executor. */
  readonly revokeKeys: boolean;
}

/** Deletes executors, each in one transaction with its audit events. */
export interface ExecutorDeletion {
  /**
   * Returns the executor as it was. Its audit events and key history stay. Rejects with an ApiError
   * if the executor is online or unknown, has nodes, or is not the actor's to delete.
   */
  delete(actor: Actor, request: DeletionRequest): Promise<ExecutorRecord>;
}

export function createExecutorDeletion(deps: ExecutorDeletionDeps): ExecutorDeletion {
  return {
    async delete(actor, request) {
      const executor = await changeAs(deps, actor, (change) => remove(change, deps.presence, request));
      deps.presence.forget(executor.id);
      deps.reportedNodes.forget(executor.id);
      const { id: executorId, name } = executor;
      deps.logger.info(
        { event: "executor.deleted", executorId, executor: printable(name), actor: printable(actor.name) },
        `${printable(actor.name)} deleted executor ${printable(name)}. Its history stays. A host that still runs it will register again.`,
      );
      return executor;
    },
  };
}

/** The active keys that serve only this executor, or were made for it. */
export async function activeKeysOf(
  keys: KeyReader,
  executor: ExecutorRecord,
  now: number,
): Promise<readonly KeyRecord[]> {
  const own = await keys.ofExecutor(executor.id, now);
  return own.filter((key) => keyStatus(key, now) === "active");
}

async function remove(
  change: Change,
  presence: Presence,
  { executorId, revokeKeys }: DeletionRequest,
): Promise<ExecutorRecord> {
  const { transaction, actor, at } = change;
  const executor = await reachedExecutor(change, executorId);
  await removeGoneNodes(change, executor);
  const keys = revokeKeys ? await activeKeysOf(transaction.keys, executor, at) : [];
  for (const key of keys) {
    await transaction.keys.revoke(key.id, at);
    await auditKey(transaction.audit, {
      actor,
      action: "api_key.revoked",
      key: key,
      at,
      details: { executor: executor.name },
    });
  }
  const revokedKeys = keys.length === 0 ? undefined : keys.map(({ id }) => id);
  const details = { lastSyncAt: presence.lastSyncAt(executor), ...(revokedKeys && { revokedKeys }) };
  await auditExecutor(transaction.audit, { actor, action: "executor.deleted", executor, details, at });
  // Checked last, so that no sync that was answered before the deletion is missed.
  requireUnused(executor, presence, at);
  await transaction.executors.delete(executor.id);
  return executor;
}

/**
 * Rejects with CONFLICT if the executor has nodes. Those whose data alone is left on its host do
 * not count.
 */
async function removeGoneNodes({ transaction }: Change, executor: ExecutorRecord): Promise<void> {
  const nodes = await transaction.nodes.listOfExecutor(executor.id);
  const present = nodes.filter(({ isGone }) => !isGone);
  if (present.length > 0) {
    const names = present.slice(0, MAX_NAMED).map(({ name }) => name);
    const more = present.length > names.length ? ` and ${present.length - names.length} more` : "";
    throw conflict(
      `executor ${printable(executor.name)} has nodes: ${names.join(", ")}${more}. Delete them first; if its host is ` +
        "lost, give them up (nodes delete --host-lost)",
      "executor_has_nodes",
    );
  }
  for (const { id } of nodes) {
    await transaction.nodes.delete(id);
  }
}

/** Rejects with CONFLICT if the executor is in use. */
function requireUnused(executor: ExecutorRecord, presence: Presence, at: number): void {
  if (!presence.isOnline(executor, at)) {
    return;
  }
  const lastSyncAt = Math.min(presence.lastSyncAt(executor) ?? at, at);
  const freeAt = utcTime(lastSyncAt + presence.timeout.timeoutMs + 999);
  throw conflict(
    `executor ${printable(executor.name)} is online; its last sync was at ${utcTime(lastSyncAt)}: ` +
      `stop its agent first (sudo systemctl stop novacula-agent); without another sync, it can be deleted from ${freeAt} on`,
  );
}
