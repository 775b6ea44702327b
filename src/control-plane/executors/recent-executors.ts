import type { DamageLog } from "../log/damage-log.ts";
import type { ExecutorRecord } from "../store/contract/executors.ts";
import type { Store } from "../store/contract/store.ts";
import type { SyncPace } from "./pace/sync-pace.ts";

/**
 * The executors that may still be online, for the presence of a control plane that starts at
 * `startedAt`, epoch ms. Without those whose time of last sync cannot be read: nobody knows when
 * they fell silent. A large fleet syncs rarely, so the more executors are found, the further back
 * `pace` looks.
 */
export async function recentExecutors(
  store: Pick<Store, "executors">,
  pace: SyncPace,
  startedAt: number,
  damages: DamageLog,
): Promise<readonly ExecutorRecord[]> {
  for (;;) {
    const { timeoutMs } = pace;
    const executors = await store.executors.syncedSince(startedAt - timeoutMs);
    pace.begin(executors.length);
    if (pace.timeoutMs === timeoutMs) {
      for (const executor of executors) {
        damages.note("executor", executor.id, executor);
      }
      return executors.filter(({ lastSyncAt }) => lastSyncAt !== null);
    }
  }
}
