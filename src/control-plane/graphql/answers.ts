import { activeKeysOf } from "../executors/executor-deletion.ts";
import type { Presence } from "../executors/presence.ts";
import { keyStatus, revocationTime } from "../keys/key-status.ts";
import type { AuditEvent } from "../store/contract/audit.ts";
import type { ExecutorRecord } from "../store/contract/executors.ts";
import type { KeyRecord } from "../store/contract/keys.ts";
import { decoded, usedByArguments } from "./request/inputs.ts";
import type { ResolverDeps } from "./resolver.ts";

/**
 * Turns records of the store into objects of the schema. A function as a member is called only if
 * the query asks for that field.
 */

const MAX_KEY_HISTORY = 20;

/** `damages` logs each damaged row that is shown. */
type AnswerDeps = Pick<ResolverDeps, "store" | "presence" | "damages" | "now">;

export function keyAnswer(
  key: KeyRecord,
  { store, damages, now }: Pick<AnswerDeps, "store" | "damages" | "now">,
) {
  damages.note("apikey", key.id, key);
  const at = now();
  const { id, name, fingerprint, createdAt, expiresAt, revokesAt, lastUsedAt, target, damaged } = key;
  return {
    id,
    name,
    fingerprint,
    damaged,
    status: keyStatus(key, at),
    createdAt,
    expiresAt,
    revokesAt,
    revokedAt: revocationTime(key, at),
    lastUsedAt,
    target,
    usedBy: async (input: unknown) => {
      const uses = await store.keys.uses(id, decoded(usedByArguments, input).limit);
      for (const use of uses) {
        damages.note("executorKeyUsage", `${use.executor.id} ${id}`, use);
      }
      return uses;
    },
    usedByCount: () => store.keys.useCount(id),
    boundExecutors: async (input: unknown) => {
      const executors = await store.executors.onKey(id, decoded(usedByArguments, input).limit);
      return executors.map((executor) => ({ ...executor, isDeleted: false }));
    },
  };
}

export function executorAnswer(executor: ExecutorRecord, deps: AnswerDeps) {
  const { store, presence, damages } = deps;
  damages.note("executor", executor.id, executor);
  const now = deps.now();
  return {
    ...executor,
    status: executorStatus(executor, presence, now),
    lastSyncAt: presence.lastSyncAt(executor),
    stoppedAt: presence.stoppedAt(executor.id),
    apiKey: async () => {
      const key = executor.key === null ? undefined : await store.keys.byId(executor.key.id);
      return key === undefined ? null : keyAnswer(key, deps);
    },
    ownKeys: async () => (await activeKeysOf(store.keys, executor, now)).map((key) => keyAnswer(key, deps)),
    keyHistory: async () => {
      const uses = await store.executors.keyUses(executor.id, MAX_KEY_HISTORY);
      for (const use of uses) {
        damages.note("executorKeyUsage", `${executor.id} ${use.key.id}`, use);
      }
      return uses;
    },
    instances: () => presence.instances(executor.id),
  };
}

function executorStatus(executor: ExecutorRecord, presence: Presence, now: number) {
  if (executor.damaged.length > 0) {
    return "damaged";
  }
  return presence.isOnline(executor, now) ? "online" : "offline";
}

export function auditEventAnswer(event: AuditEvent, { damages }: Pick<AnswerDeps, "damages">) {
  damages.note("auditEvent", event.id, event);
  const { organizationId: _, ...shown } = event;
  return shown;
}
