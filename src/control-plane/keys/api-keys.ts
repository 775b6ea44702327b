import { utcTime } from "../../lib/clock.ts";
import { printable } from "../../lib/printable.ts";
import { badInput, conflict, notFound } from "../api-error.ts";
import { type Actor, auditKey } from "../audit/audit.ts";
import { type Change, changeAs, reachedExecutor } from "../rights/change.ts";
import type { ExecutorReader, ExecutorRecord } from "../store/contract/executors.ts";
import type { KeyReader, KeyRecord } from "../store/contract/keys.ts";
import type { Transactions } from "../store/contract/store.ts";
import { type IssuedKey, issueKey } from "./issue-key.ts";
import { checkedKeyName, keyNameFor, rotatedKeyName } from "./key-name.ts";
import { keyStatus } from "./key-status.ts";
import { expiryNote, named, requireRotatable, since } from "./rotatable.ts";

/** The database stores years of four digits. */
const LAST_EXPIRY = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

interface NewKeyRequest {
  readonly organizationId: string;
  /** Undefined: the key gets the target's name. */
  readonly name: string | undefined;
  /** Epoch ms; undefined: never. */
  readonly expiresAt: number | undefined;
  /** The name or id of an executor that the key is made for. */
  readonly target: string | undefined;
}

/**
 * The changes to executor keys. Each runs in one transaction with its audit event, and rejects with
 * an ApiError if it is not possible or not allowed.
 */
export interface ApiKeys {
  create(actor: Actor, request: NewKeyRequest): Promise<IssuedKey>;
  /** Creates a successor and revokes the old key: at once, or at `revokesAt`, epoch ms. */
  rotate(actor: Actor, id: string, revokesAt: number | undefined): Promise<IssuedKey>;
  revoke(actor: Actor, id: string): Promise<KeyRecord>;
  /**
   * Revokes the key that the executor is bound to, even if other executors use it too. Refused if
   * that is not `keyId`: somebody agreed to the end of that key.
   */
  revokeAccess(actor: Actor, executorId: string, keyId?: string): Promise<KeyRecord>;
  delete(actor: Actor, id: string): Promise<KeyRecord>;
}

export function createApiKeys(store: Transactions, now: () => number): ApiKeys {
  const change = <Result>(actor: Actor, make: (change: Change) => Promise<Result>) =>
    changeAs({ store, now }, actor, make);
  return {
    create: (actor, request) => change(actor, (step) => create(step, request)),
    rotate: (actor, id, revokesAt) => change(actor, (step) => rotate(step, id, revokesAt)),
    revoke: (actor, id) => change(actor, (step) => revoke(step, id)),
    revokeAccess: (actor, executorId, keyId) =>
      change(actor, (step) => revokeAccess(step, executorId, keyId)),
    delete: (actor, id) => change(actor, (step) => remove(step, id)),
  };
}

async function create({ transaction, actor, at }: Change, request: NewKeyRequest): Promise<IssuedKey> {
  const { expiresAt, organizationId } = request;
  if (expiresAt !== undefined && expiresAt < at) {
    throw badInput(`the expiry ${utcTime(expiresAt)} is in the past: choose a later time, or none`);
  }
  if (expiresAt !== undefined && expiresAt > LAST_EXPIRY) {
    throw badInput("the expiry is after the year 9999: choose an earlier time, or none");
  }
  const target =
    request.target === undefined
      ? undefined
      : await requiredTarget(transaction.executors, organizationId, request.target);
  if (request.name === undefined && target === undefined) {
    throw badInput("the key has no name: choose one of 1 to 32 characters");
  }
  const issued = await issueKey(transaction.keys, {
    name: checkedKeyName(request.name ?? keyNameFor(target?.name ?? "")),
    organizationId,
    createdAt: at,
    expiresAt: expiresAt ?? null,
    lineageId: null,
    target: target ?? null,
  });
  await auditKey(transaction.audit, {
    actor,
    action: "api_key.created",
    key: issued.key,
    at,
    details: {
      expiresAt: issued.key.expiresAt,
      ...(target === undefined ? {} : { target: target.name }),
    },
  });
  return issued;
}

async function rotate(
  { transaction, actor, at }: Change,
  id: string,
  revokesAt: number | undefined,
): Promise<IssuedKey> {
  const old = await reachedKey(transaction.keys, actor, id);
  await requireRotatable(transaction, old, at);
  if (revokesAt !== undefined && revokesAt <= at) {
    throw badInput(
      `the end of the grace period, ${utcTime(revokesAt)}, is in the past: choose a later time, or none`,
    );
  }
  const issued = await issueKey(transaction.keys, {
    name: rotatedKeyName(old.name, at),
    organizationId: old.organization.id,
    createdAt: at,
    expiresAt: old.expiresAt,
    lineageId: old.lineageId,
    target: old.target,
  });
  await auditKey(transaction.audit, {
    actor,
    action: "api_key.created",
    key: issued.key,
    at,
    details: {
      expiresAt: issued.key.expiresAt,
      rotatedFrom: old.id,
      ...(old.target === null ? {} : { target: old.target.name }),
    },
  });
  const rotatedTo = issued.key.id;
  if (revokesAt === undefined) {
    await transaction.keys.revoke(old.id, at);
    await auditKey(transaction.audit, {
      actor,
      action: "api_key.revoked",
      key: old,
      at,
      details: { rotatedTo },
    });
  } else {
    await transaction.keys.endAt(old.id, revokesAt, at);
    await auditKey(transaction.audit, {
      actor,
      action: "api_key.updated",
      key: old,
      at,
      details: { rotatedTo, revokesAt },
    });
  }
  return { ...issued, note: expiryNote(issued.key) };
}

async function revoke(
  { transaction, actor, at }: Change,
  id: string,
  details: { readonly executor?: string } = {},
): Promise<KeyRecord> {
  const key = await reachedKey(transaction.keys, actor, id);
  if (keyStatus(key, at) === "revoked") {
    throw conflict(`${named(key)} is already revoked${since(key, at)}`);
  }
  await transaction.keys.revoke(id, at);
  await auditKey(transaction.audit, { actor, action: "api_key.revoked", key: key, at, details });
  return requiredKey(transaction.keys, id);
}

async function revokeAccess(change: Change, executorId: string, keyId?: string): Promise<KeyRecord> {
  const executor = await reachedExecutor(change, executorId);
  if (executor.key === null) {
    throw conflict(
      `executor ${printable(executor.name)} is not bound to a key, so there is nothing to revoke`,
    );
  }
  if (keyId !== undefined && keyId !== executor.key.id) {
    throw conflict(
      `executor ${printable(executor.name)} is on another key by now, ${printable(executor.key.name)}, so nothing was revoked: look at it again`,
    );
  }
  return revoke(change, executor.key.id, { executor: executor.name });
}

async function remove({ transaction, actor, at }: Change, id: string): Promise<KeyRecord> {
  const key = await reachedKey(transaction.keys, actor, id);
  const status = keyStatus(key, at);
  if (status !== "revoked" && status !== "damaged") {
    throw conflict(`${named(key)} is ${status}, and only a revoked key can be deleted: revoke it first`);
  }
  await transaction.keys.delete(id);
  await auditKey(transaction.audit, { actor, action: "api_key.deleted", key: key, at });
  return key;
}

async function requiredKey(keys: KeyReader, id: string): Promise<KeyRecord> {
  return (await keys.byId(id)) ?? noSuchKey();
}

/** The key. NOT_FOUND if there is none, and in the same words if it is another organization's. */
async function reachedKey(keys: KeyReader, actor: Actor, id: string): Promise<KeyRecord> {
  const key = await keys.byId(id);
  return key === undefined || !actor.reaches(key.organization.id) ? noSuchKey() : key;
}

function noSuchKey(): never {
  throw notFound("this key does not exist: choose one from the list of keys");
}

async function requiredTarget(
  executors: ExecutorReader,
  organizationId: string,
  reference: string,
): Promise<ExecutorRecord> {
  const executor =
    (await executors.byName(organizationId, reference)) ??
    (await executors.inOrganization(organizationId, reference));
  if (executor === undefined) {
    throw notFound(
      `there is no executor ${printable(reference)} to make the key for: choose one from the list of executors`,
    );
  }
  return executor;
}
