import { forbidden, notFound } from "../api-error.ts";
import type { Actor } from "../audit/audit.ts";
import type { ExecutorRecord } from "../store/contract/executors.ts";
import type { StoreTransaction, Transactions } from "../store/contract/store.ts";

/** Who makes a change, when (epoch ms), and in which transaction. */
export interface Change {
  readonly transaction: StoreTransaction;
  readonly actor: Actor;
  readonly at: number;
}

/**
 * Runs `make` in one transaction, for the change and its audit event. Rejects with FORBIDDEN if the
 * actor has lost the right to make changes, and with UNAUTHENTICATED if their session has ended.
 */
export function changeAs<Result>(
  { store, now }: { readonly store: Transactions; readonly now: () => number },
  actor: Actor,
  make: (change: Change) => Promise<Result>,
): Promise<Result> {
  return store.transaction(async (transaction) => {
    const at = now();
    if (!(await actor.mayStillChange(transaction, at))) {
      throw forbidden("operation_not_allowed", "you are no longer an owner or admin of the organization");
    }
    return make({ transaction, actor, at });
  });
}

/** The executor. NOT_FOUND if there is none, or if it is another organization's. */
export async function reachedExecutor(
  { transaction, actor }: Change,
  executorId: string,
): Promise<ExecutorRecord> {
  const executor = await transaction.executors.byId(executorId);
  if (executor !== undefined && actor.reaches(executor.organizationId)) {
    return executor;
  }
  throw notFound("this executor does not exist: choose one from the list of executors");
}
