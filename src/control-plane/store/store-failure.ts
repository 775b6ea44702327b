import { AsyncLocalStorage } from "node:async_hooks";
import { StoreUnavailable } from "./contract/store.ts";

/**
 * The store's failure during one request. better-auth wraps errors of its database beyond
 * recognition.
 */
const failures = new AsyncLocalStorage<{ error: unknown }>();

export function noteStoreFailure(error: unknown): void {
  const failure = failures.getStore();
  if (failure !== undefined) {
    failure.error = error;
  }
}

/** Wraps a hook that better-auth calls and that uses the store. */
export async function notingStoreFailure<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StoreUnavailable) {
      noteStoreFailure(error);
    }
    throw error;
  }
}

/** Runs `work`. Rejects with the store's own error if the store failed, even if `work` hid that. */
export async function watchingStore<Result>(work: () => Promise<Result>): Promise<Result> {
  const failure: { error: unknown } = { error: undefined };
  const [outcome] = await Promise.allSettled([failures.run(failure, work)]);
  if (failure.error !== undefined) {
    throw failure.error;
  }
  if (outcome.status === "rejected") {
    throw outcome.reason;
  }
  return outcome.value;
}
