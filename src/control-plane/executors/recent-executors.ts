import type { DamageLog } from "../log/damage-log.ts";
import type { Store } from "../store/contract/store.ts";

/**
 * The executors that synced since then, for the presence of a control plane that starts. Without
 * those whose time of last sync cannot be read: nobody knows when they fell silent.
 */
export async function recentExecutors(store: Store, sinceMs: number, damages: DamageLog) {
  const executors = await store.executors.syncedSince(sinceMs);
  for (const executor of executors) {
    damages.note("executor", executor.id, executor);
  }
  return executors.filter(({ lastSyncAt }) => lastSyncAt !== null);
}
