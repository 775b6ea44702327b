import type { Clock } from "../../../lib/clock.ts";
import type { NewerKey } from "../rotation/generation-state.ts";

/** A key of state.json. */
interface RememberedKey {
  readonly url: string;
  readonly fingerprint: string;
  /** Epoch ms. */
  readonly acceptedAt?: number | undefined;
}

/** The last key that the same control plane accepted after it accepted `key` for the last time. */
export function newerThan(
  { url, acceptedAt: since = Number.POSITIVE_INFINITY }: RememberedKey,
  keys: readonly RememberedKey[],
  clock: Clock,
): NewerKey | undefined {
  const [last] = keys
    .flatMap(({ acceptedAt = 0, ...key }) =>
      key.url === url && acceptedAt > since ? [{ ...key, acceptedAt }] : [],
    )
    .sort((a, b) => b.acceptedAt - a.acceptedAt);
  return last && { fingerprint: last.fingerprint, acceptedAt: clock.fromWall(last.acceptedAt) };
}
