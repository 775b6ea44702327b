import { badInput, conflict, notFound } from "./api-error.ts";
import { auditKey } from "./audit.ts";
import { keyHash } from "./guard.ts";
import { checkedKeyName, rotatedKeyName } from "./key-name.ts";
import { keyStatus, revocationTime } from "./key-status.ts";
import { requiredOrganization } from "./organizations.ts";
import { randomId, randomKey } from "./random-id.ts";
import type { ExecutorRecord, KeyRecord, NewKey, Store, StoreReader, StoreTransaction } from "./store.ts";

export interface NewKeyRequest {
  /** Id or slug. */
  readonly organization: string;
  /** Undefined: the target's name (B1). */
  readonly name: string | undefined;
  readonly expiresAt: number | undefined;
  /** Name or id of an executor. */
  readonly target: string | undefined;
}

/** The one moment in which a secret is known outside its executor. */
export interface IssuedKey {
  readonly key: KeyRecord;
  readonly secret: string;
}

/** What can be done to executor keys (B1, B4 to B8, B11). Each is one transaction with its audit event, or an ApiError. */
export interface ApiKeys {
  create(request: NewKeyRequest): Promise<IssuedKey>;
  /** The old key is revoked at once, or at `revokesAt`. */
  rotate(id: string, revokesAt: number | undefined): Promise<IssuedKey>;
  revoke(id: string): Promise<KeyRecord>;
  delete(id: string): Promise<KeyRecord>;
}

export function createApiKeys(store: Store, now: () => number): ApiKeys {
  return {
    create: (request) => store.transaction((transaction) => create(transaction, request, now())),
    rotate: (id, revokesAt) => store.transaction((transaction) => rotate(transaction, id, revokesAt, now())),
    revoke: (id) => store.transaction((transaction) => revoke(transaction, id, now())),
    delete: (id) => store.transaction((transaction) => remove(transaction, id, now())),
  };
}

async function create(transaction: StoreTransaction, request: NewKeyRequest, at: number): Promise<IssuedKey> {
  const organization = await requiredOrganization(transaction, request.organization);
  const { expiresAt } = request;
  if (expiresAt !== undefined && expiresAt < at) {
    throw badInput(
      `the key would have expired at ${isoTime(expiresAt)}: give a time that is still to come, or none`,
    );
  }
  const target =
    request.target === undefined
      ? undefined
      : await requiredTarget(transaction, organization.id, request.target);
  if (request.name === undefined && target === undefined)
    throw badInput("a key needs a name of 1 to 32 characters");
  const issued = await issue(transaction, {
    name: checkedKeyName(
      request.name ??
        Array.from(target?.name ?? "")
          .slice(0, 32)
          .join(""),
    ),
    organizationId: organization.id,
    createdAt: at,
    expiresAt: expiresAt ?? null,
    lineageId: null,
    targetExecutorId: target?.id ?? null,
  });
  await auditKey(transaction, "api_key.created", issued.key, at, {
    expiresAt: issued.key.expiresAt,
    ...(target === undefined ? {} : { target: target.name }),
  });
  return issued;
}

async function rotate(
  transaction: StoreTransaction,
  id: string,
  revokesAt: number | undefined,
  at: number,
): Promise<IssuedKey> {
  const old = await requiredKey(transaction, id);
  await requireRotatable(transaction, old, at);
  if (revokesAt !== undefined && revokesAt <= at) {
    throw badInput(
      `the grace would have ended at ${isoTime(revokesAt)}: give a time that is still to come, or none`,
    );
  }
  const issued = await issue(transaction, {
    name: rotatedKeyName(old.name, at),
    organizationId: old.organization.id,
    createdAt: at,
    expiresAt: old.expiresAt,
    lineageId: old.lineageId,
    targetExecutorId: old.target?.id ?? null,
  });
  await auditKey(transaction, "api_key.created", issued.key, at, {
    expiresAt: issued.key.expiresAt,
    rotatedFrom: old.id,
    ...(old.target === null ? {} : { target: old.target.name }),
  });
  const rotatedTo = issued.key.id;
  if (revokesAt === undefined) {
    await transaction.revokeKey(old.id, at);
    await auditKey(transaction, "api_key.revoked", old, at, { rotatedTo });
  } else {
    await transaction.endKeyAt(old.id, revokesAt, at);
    await auditKey(transaction, "api_key.updated", old, at, { rotatedTo, revokesAt });
  }
  return issued;
}

async function revoke(transaction: StoreTransaction, id: string, at: number): Promise<KeyRecord> {
  const key = await requiredKey(transaction, id);
  if (keyStatus(key, at) === "revoked") throw conflict(`key ${id} is revoked already${since(key, at)}`);
  await transaction.revokeKey(id, at);
  await auditKey(transaction, "api_key.revoked", key, at);
  return requiredKey(transaction, id);
}

async function remove(transaction: StoreTransaction, id: string, at: number): Promise<KeyRecord> {
  const key = await requiredKey(transaction, id);
  const status = keyStatus(key, at);
  if (status !== "revoked") {
    throw conflict(`key ${id} is ${status}, and only a revoked key can be deleted: revoke it first`);
  }
  await transaction.deleteKey(id);
  await auditKey(transaction, "api_key.deleted", key, at);
  return key;
}

async function requireRotatable(reader: StoreReader, key: KeyRecord, at: number): Promise<void> {
  const status = keyStatus(key, at);
  if (status !== "active") {
    const when = status === "revoked" ? since(key, at) : "";
    throw conflict(
      `key ${key.id} is ${status}${when}, and only an active key can be rotated: create a new one`,
    );
  }
  if (key.revokesAt === null) return;
  const successor = await reader.newestOfLineage(key.lineageId);
  throw conflict(
    `key ${key.id} was rotated already and stays active until ${isoTime(key.revokesAt)}: ` +
      `rotate its successor${successor === undefined || successor.id === key.id ? "" : `, key ${successor.id}`}`,
  );
}

async function issue(
  transaction: StoreTransaction,
  key: Omit<NewKey, "id" | "hash" | "start" | "lineageId"> & { readonly lineageId: string | null },
): Promise<IssuedKey> {
  const id = randomId();
  const secret = randomKey();
  const lineageId = key.lineageId ?? id;
  await transaction.insertKey({ ...key, id, hash: keyHash(secret), start: secret.slice(0, 6), lineageId });
  return { key: await requiredKey(transaction, id), secret };
}

async function requiredKey(reader: StoreReader, id: string): Promise<KeyRecord> {
  const key = await reader.key(id);
  if (key === undefined) throw notFound(`there is no key with id ${id}: see keys list`);
  return key;
}

async function requiredTarget(
  reader: StoreReader,
  organizationId: string,
  reference: string,
): Promise<ExecutorRecord> {
  const executor =
    (await reader.executorByName(organizationId, reference)) ??
    (await reader.executor(organizationId, reference));
  if (executor === undefined) {
    throw notFound(
      `there is no executor ${reference} to target: see executors list, or leave the target out`,
    );
  }
  return executor;
}

function since(key: KeyRecord, at: number): string {
  const time = revocationTime(key, at);
  return time === null ? "" : ` since ${isoTime(time)}`;
}

function isoTime(time: number): string {
  return new Date(time).toISOString();
}
