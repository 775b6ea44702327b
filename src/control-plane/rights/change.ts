import { printable } from "../../lib/printable.ts";
import { forbidden, notFound } from "../api-error.ts";
import type { Actor } from "../audit/audit.ts";
import type { ExecutorRecord } from "../store/contract/executors.ts";
import type { StoreTransaction, Transactions } from "../store/contract/store.ts";

/** One change: who makes it, when, in which transaction. */
export interface Change {
  readonly transaction: StoreTransaction;
  readonly actor: Actor;
  readonly at: number;
}

/**
 * Makes a change in one transaction with its audit event; FORBIDDEN where the actor may not any
 * more.
 */
export function changeAs<Result>(
  { store, now }: { readonly store: Transactions; readonly now: () => number },
  actor: Actor,
  make: (change: Change) => Promise<Result>,
): Promise<Result> {
  return store.transaction(async (transaction) => {
    if (!(await actor.mayStillChange(transaction))) {
      throw forbidden("operation_not_allowed", "you are no owner or admin of the organization any more");
    }
    return make({ transaction, actor, at: now() });
  });
}

/** The executor, where it exists for the actor; NOT_FOUND otherwise. */
export async function reachedExecutor(
  { transaction, actor }: Change,
  executorId: string,
): Promise<ExecutorRecord> {
  const executor = await transaction.executors.byId(executorId);
  if (executor !== undefined && actor.reaches(executor.organizationId)) {
    return executor;
  }
  throw notFound(`there is no executor with id ${printable(executorId)}: see executors list`);
}
