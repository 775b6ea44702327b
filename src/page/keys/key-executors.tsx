import { type ApiKey, askApiKeyUse } from "../api/api-keys.ts";
import type { Reference } from "../api/decode.ts";
import { useNow } from "../state/clock.ts";
import { usePolled } from "../state/polling.ts";
import { relatively } from "../ui/time.tsx";

const INTERVAL_MS = 3000;

export interface BoundExecutor extends Reference {
  readonly lastUsedAt: number | undefined;
}

/** The executors that are on this key now; undefined until the server has said. */
export function useBoundExecutors({ id }: ApiKey): readonly BoundExecutor[] | undefined {
  const { data } = usePolled(`bound ${id}`, INTERVAL_MS, (signal) => askApiKeyUse(id, signal));
  if (data === undefined) {
    return undefined;
  }
  const lastUsed = new Map(data?.usedBy.map(({ executor, lastUsedAt }) => [executor.id, lastUsedAt]));
  return (data?.boundExecutors ?? []).map((executor) => ({
    ...executor,
    lastUsedAt: lastUsed.get(executor.id),
  }));
}

/** Which executors are on a key, for whoever is about to end it. */
export function KeyExecutors({ bound }: { bound: readonly BoundExecutor[] | undefined }) {
  const now = useNow();
  if (bound === undefined) {
    return <p class="muted">Looking which executors are on it…</p>;
  }
  if (bound.length === 0) {
    return <p>No executor is on this key.</p>;
  }
  return (
    <div>
      <p>{bound.length === 1 ? "On this key now:" : `${bound.length} executors are on this key now:`}</p>
      <ul class="executors-on">
        {bound.map(({ id, name, lastUsedAt }) => (
          <li key={id}>
            <strong>{name}</strong>
            {lastUsedAt === undefined ? null : (
              <span class="muted">, last used it {relatively(lastUsedAt, now, "past")}</span>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
