import { type ApiKey, askApiKeyUse } from "../api/api-keys.ts";
import type { Reference } from "../api/decode.ts";
import { usePolled } from "../state/polling.ts";
import { Moment } from "../ui/time.tsx";

const INTERVAL_MS = 3000;

interface BoundExecutor extends Reference {
  /** Epoch ms; undefined: never. */
  readonly lastUsedAt: number | undefined;
}

/** The executors that are bound to the key now; undefined until the control plane has answered. */
export function useBoundExecutors({ id }: ApiKey): readonly BoundExecutor[] | undefined {
  const { data } = usePolled(`bound ${id}`, INTERVAL_MS, askApiKeyUse(id));
  if (data === undefined) {
    return undefined;
  }
  const lastUsed = new Map(data?.usedBy.map(({ executor, lastUsedAt }) => [executor.id, lastUsedAt]));
  return (data?.boundExecutors ?? []).map((executor) => ({
    ...executor,
    lastUsedAt: lastUsed.get(executor.id),
  }));
}

/** Lists the executors that a change of the key affects. */
export function KeyExecutors({ bound }: { bound: readonly BoundExecutor[] | undefined }) {
  if (bound === undefined) {
    return <p class="muted">Looking for executors that use this key…</p>;
  }
  if (bound.length === 0) {
    return <p>No executor uses this key now.</p>;
  }
  return (
    <div>
      <p>
        {bound.length === 1
          ? "One executor uses this key now:"
          : `${bound.length} executors use this key now:`}
      </p>
      <ul class="executors-on">
        {bound.map(({ id, name, lastUsedAt }) => (
          <li key={id}>
            <strong>{name}</strong>
            {lastUsedAt === undefined ? null : (
              <span class="muted">
                , last used it <Moment at={lastUsedAt} />
              </span>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
