import { KEY_REFUSAL_REASONS } from "../../protocol/refusal.ts";
import type { OfflineCause } from "../../protocol/statuses.ts";
import { keyStatus, revocationTime } from "../keys/key-status.ts";
import type { ExecutorRecord, ExecutorRefusal } from "../store/contract/executors.ts";
import type { BoundKey } from "../store/contract/keys.ts";
import type { KeyReference } from "../store/contract/references.ts";

/** Three of the longest pauses of an agent whose key is refused. */
export const KNOCKING_MS = 180_000;

/** What this process or the store knows of the executor's last process. */
export interface LastSeen {
  readonly isOnline: boolean;
  readonly lastSyncAt: number | null;
  readonly stoppedAt: number | null;
}

export interface OfflineReason {
  readonly cause: OfflineCause;
  /** When it came about, epoch ms; null: unknown. */
  readonly at: number | null;
  readonly key: KeyReference | null;
  /** The last refusal, if no sync was accepted after it. */
  readonly refusal: ExecutorRefusal | null;
  /** Whether the refused host still asks. */
  readonly isKnocking: boolean;
}

/**
 * Why the executor is offline, or will be in a moment because its key has ended. Null if it is
 * online. A stop explains it until something is refused; then the key does, if it has ended.
 */
export function offlineReason(
  executor: Pick<ExecutorRecord, "key" | "lastRefusal">,
  { isOnline, lastSyncAt, stoppedAt }: LastSeen,
  now: number,
): OfflineReason | null {
  const { key } = executor;
  const last = lastRefusal(executor);
  const refusal = last !== null && last.at > (lastSyncAt ?? 0) ? last : null;
  const isKnocking = refusal !== null && now - refusal.at <= KNOCKING_MS;
  const because = (cause: OfflineCause, at: number | null, culprit: KeyReference | null): OfflineReason => ({
    cause,
    at,
    key: culprit,
    refusal,
    isKnocking,
  });
  if (!isOnline && stoppedAt !== null && (refusal === null || refusal.at <= stoppedAt)) {
    return because("stopped", stoppedAt, key);
  }
  if (key === null) {
    return because("key_deleted", null, null);
  }
  switch (keyStatus(key, now)) {
    case "revoked":
      return because("key_revoked", revocationTime(key, now), key);
    case "expired":
      return because("key_expired", key.expiresAt, key);
    case "active":
    case "damaged":
      if (isOnline) {
        return null;
      }
      return refusal === null
        ? because("silent", lastSyncAt, key)
        : because("refused", refusal.at, refusal.key);
  }
}

/**
 * The last refusal of a sync under the executor's name, or of the key that it is bound to. Several
 * executors may be bound to one key: which of them was refused is known only with a 403.
 */
export function lastRefusal({
  key,
  lastRefusal: own,
}: Pick<ExecutorRecord, "key" | "lastRefusal">): ExecutorRefusal | null {
  const ofKey = key === null ? null : keyRefusal(key);
  return ofKey !== null && (own === null || ofKey.at > own.at) ? ofKey : own;
}

/** With a 403 a key was refused for another executor than those that are bound to it. */
function keyRefusal({ id, name, fingerprint, lastRefusal: refusal }: BoundKey): ExecutorRefusal | null {
  if (refusal === null || !isKeyRefusal(refusal)) {
    return null;
  }
  const { reason, message, address, at } = refusal;
  return { key: { id, name, fingerprint }, reason, message, address, at };
}

/** Whether the key itself was refused (401), whatever the executor. */
export function isKeyRefusal({ reason }: Pick<ExecutorRefusal, "reason">): boolean {
  return KEY_REFUSAL_REASONS.some((each) => each === reason);
}
