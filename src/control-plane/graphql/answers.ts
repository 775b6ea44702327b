import * as z from "zod";
import { activeKeysOf } from "../executors/executor-deletion.ts";
import { isKeyRefusal, lastRefusal, offlineReason } from "../executors/offline-reason.ts";
import type { Presence } from "../executors/presence/presence.ts";
import { keyStatus, revocationTime } from "../keys/key-status.ts";
import type { DamageLog } from "../log/damage-log.ts";
import type { AuditEvent } from "../store/contract/audit.ts";
import type { ExecutorRecord } from "../store/contract/executors.ts";
import type { KeyRecord, KeyUse } from "../store/contract/keys.ts";
import { decoded, usedByArguments } from "./request/inputs.ts";
import type { ResolverDeps } from "./resolver.ts";

/**
 * Turns records of the store into objects of the schema. A function as a member is called only if
 * the query asks for that field.
 */

const MAX_KEY_HISTORY = 20;
const MAX_ROTATIONS = 20;

/** `damages` logs each damaged row that is shown. */
type AnswerDeps = Pick<ResolverDeps, "store" | "presence" | "damages" | "now">;

export function keyAnswer(
  key: KeyRecord,
  { store, damages, now }: Pick<AnswerDeps, "store" | "damages" | "now">,
): object {
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
    usedBy: async (input: unknown) =>
      shownUses(id, await store.keys.uses(id, decoded(usedByArguments, input).limit), damages),
    usedByCount: () => store.keys.useCount(id),
    usedNow: async (input: unknown) =>
      shownUses(id, await store.keys.usesNow(id, decoded(usedByArguments, input).limit), damages),
    usedNowCount: () => store.keys.boundCount(id),
    usedBefore: async (input: unknown) => {
      const { limit } = decoded(usedByArguments, input);
      return (await countBefore(id, store)) === 0
        ? []
        : shownUses(id, await store.keys.usesBefore(id, limit), damages);
    },
    usedBeforeCount: () => countBefore(id, store),
    lastUse: async () => shownUses(id, await store.keys.uses(id, 1), damages)[0] ?? null,
    lastRefusal: async () => (await keyRefusalAnswer(id, store)) ?? null,
    rotatedFrom: async () => (await store.keys.neighbours(key)).predecessor ?? null,
    rotatedTo: async () => (await store.keys.neighbours(key)).successor ?? null,
    rotations: async () =>
      (await store.keys.lineage(key.lineageId, MAX_ROTATIONS)).map((each) =>
        keyAnswer(each, { store, damages, now }),
      ),
    boundExecutors: async (input: unknown) => {
      const executors = await store.executors.onKey(id, decoded(usedByArguments, input).limit);
      return executors.map((executor) => ({ ...executor, isDeleted: false }));
    },
  };
}

function shownUses(keyId: string, uses: readonly KeyUse[], damages: DamageLog): readonly KeyUse[] {
  for (const use of uses) {
    damages.note("executorKeyUsage", `${use.executor.id} ${keyId}`, use);
  }
  return uses;
}

/** An executor that is bound to a key has used it. */
async function countBefore(keyId: string, { keys }: AnswerDeps["store"]): Promise<number> {
  const [uses, bound] = await Promise.all([keys.useCount(keyId), keys.boundCount(keyId)]);
  return Math.max(0, uses - bound);
}

/** Of the executors that are bound to the key, the only one is the one that was refused. */
async function keyRefusalAnswer(keyId: string, { keys, executors }: AnswerDeps["store"]) {
  const refusal = await keys.refusal(keyId);
  if (refusal === undefined) {
    return undefined;
  }
  const { executorId, ...shown } = refusal;
  if (executorId !== null) {
    const executor = await executors.byId(executorId);
    return { ...shown, executor: executor === undefined ? null : { ...executor, isDeleted: false } };
  }
  const [only, other] = isKeyRefusal(refusal) ? await executors.onKey(keyId, 2) : [];
  const isCertain = only !== undefined && other === undefined;
  return { ...shown, executor: isCertain ? { ...only, isDeleted: false } : null };
}

export function executorAnswer(executor: ExecutorRecord, deps: AnswerDeps) {
  const { store, presence, damages } = deps;
  damages.note("executor", executor.id, executor);
  const now = deps.now();
  const status = executorStatus(executor, presence, now);
  const lastSyncAt = presence.lastSyncAt(executor);
  const stoppedAt = presence.stoppedAt(executor);
  return {
    ...executor,
    status,
    lastSyncAt,
    stoppedAt,
    lastRefusal: lastRefusal(executor),
    offlineReason: async () => {
      const reason = offlineReason(executor, { isOnline: status === "online", lastSyncAt, stoppedAt }, now);
      if (status === "damaged" || reason?.cause !== "key_deleted") {
        return status === "damaged" ? null : reason;
      }
      const [last] = await store.executors.keyUses(executor.id, 1);
      return { ...reason, key: last?.key ?? null };
    },
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
    timeline: () => store.executors.transitions(executor.id),
    instances: () => presence.instances(executor.id),
  };
}

function executorStatus(executor: ExecutorRecord, presence: Presence, now: number) {
  if (executor.damaged.length > 0) {
    return "damaged";
  }
  return presence.isOnline(executor, now) ? "online" : "offline";
}

export function auditEventAnswer(
  event: AuditEvent,
  { damages, store }: Pick<AnswerDeps, "damages" | "store">,
) {
  damages.note("auditEvent", event.id, event);
  const { organizationId, ...shown } = event;
  return {
    ...shown,
    mentionedKeys: async () => {
      const found = await Promise.all(mentionedKeyIds(event).map((id) => store.keys.byId(id)));
      return found.filter((key) => key?.organization.id === organizationId);
    },
  };
}

const MAX_MENTIONED = 20;
const keyDetails = z.object({
  rotatedFrom: z.string().optional(),
  rotatedTo: z.string().optional(),
  revokedKeys: z.array(z.string()).optional(),
});

function mentionedKeyIds({ details, damaged }: AuditEvent): readonly string[] {
  if (damaged.includes("details")) {
    return [];
  }
  const { rotatedFrom, rotatedTo, revokedKeys = [] } = keyDetails.safeParse(JSON.parse(details)).data ?? {};
  const ids = [rotatedFrom, rotatedTo, ...revokedKeys].filter((id) => id !== undefined);
  return ids.slice(0, MAX_MENTIONED);
}
