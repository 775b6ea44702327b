import { forbidden } from "./api-error.ts";
import type { Actor } from "./audit.ts";
import type { Store, StoreTransaction } from "./store.ts";

/** One change: who makes it, when, in which transaction. */
export interface Change {
  readonly transaction: StoreTransaction;
  readonly actor: Actor;
  readonly at: number;
}

/** Makes a change in one transaction with its audit event; FORBIDDEN where the actor may not any more. */
export function changeAs<Result>(
  { store, now }: { readonly store: Store; readonly now: () => number },
  actor: Actor,
  make: (change: Change) => Promise<Result>,
): Promise<Result> {
  return store.transaction(async (transaction) => {
    if (!(await actor.mayStillChange(transaction)))
      throw forbidden("operation_not_allowed", "you are no owner or admin of the organization any more");
    return make({ transaction, actor, at: now() });
  });
}
