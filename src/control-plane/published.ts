import { activeKeysOf } from "./executor-deletion.ts";
import { decoded, usedByArguments } from "./inputs.ts";
import { keyStatus, revocationTime } from "./key-status.ts";
import type { Presence } from "./presence.ts";
import type { AuditEvent, ExecutorRecord, KeyRecord, StoreReader } from "./store.ts";

/** Records as the schema shows them. A member that is a function is resolved only where it is asked for. */

const MAX_KEY_HISTORY = 20;

export function publishedKey(key: KeyRecord, store: StoreReader, now: number) {
  const { id, name, fingerprint, createdAt, expiresAt, revokesAt, lastUsedAt, target } = key;
  return {
    id,
    name,
    fingerprint,
    status: keyStatus(key, now),
    createdAt,
    expiresAt,
    revokesAt,
    revokedAt: revocationTime(key, now),
    lastUsedAt,
    target,
    usedBy: (input: unknown) => store.keyUses(id, decoded(usedByArguments, input).limit),
    usedByCount: () => store.keyUseCount(id),
    boundExecutors: async (input: unknown) => {
      const executors = await store.executorsOn(id, decoded(usedByArguments, input).limit);
      return executors.map((executor) => ({ ...executor, isDeleted: false }));
    },
  };
}

export function publishedExecutor(
  executor: ExecutorRecord,
  store: StoreReader,
  presence: Presence,
  now: number,
) {
  return {
    ...executor,
    status: presence.isOnline(executor, now) ? "online" : "offline",
    lastSyncAt: presence.lastSyncAt(executor),
    apiKey: async () => {
      const key = executor.key === null ? undefined : await store.key(executor.key.id);
      return key === undefined ? null : publishedKey(key, store, now);
    },
    ownKeys: async () =>
      (await activeKeysOf(store, executor, now)).map((key) => publishedKey(key, store, now)),
    keyHistory: () => store.executorKeyUses(executor.id, MAX_KEY_HISTORY),
    instances: () => presence.instances(executor.id),
  };
}

export function publishedAuditEvent(event: AuditEvent) {
  const { organizationId: _, ...shown } = event;
  return shown;
}
