import * as z from "zod/mini";
import { EXECUTOR_STATUSES, OFFLINE_CAUSES, TRANSITION_KINDS } from "../../protocol/statuses.ts";
import type { Operation } from "./answer.ts";
import { apiKey, KEY_FIELDS } from "./api-keys.ts";
import { keyReference, shownMessage, shownText, timestamp } from "./decode.ts";
import { field, graphql } from "./graphql-operation.ts";

const instance = z.object({
  instanceId: z.string(),
  hostName: shownText,
  address: z.nullable(shownText),
  lastSyncAt: timestamp,
  process: z.nullable(z.object({ bootHash: z.string(), pid: z.number(), unit: z.nullable(shownText) })),
});

const refusal = z.object({
  key: keyReference,
  reason: shownText,
  message: shownMessage,
  address: z.nullable(shownText),
  at: timestamp,
});

/** A sync that the control plane refused. */
export type ExecutorRefusal = z.output<typeof refusal>;

const offlineReason = z.object({
  cause: z.enum(OFFLINE_CAUSES),
  /** When it came about; null: unknown. */
  at: z.nullable(timestamp),
  key: z.nullable(keyReference),
  /** The last refusal, if no sync was accepted after it. */
  refusal: z.nullable(refusal),
  /** Whether the refused host still asks. */
  isKnocking: z.boolean(),
});

/** Why an executor is offline, or will be in a moment. */
export type OfflineReason = z.output<typeof offlineReason>;

export const listedExecutor = z.object({
  id: z.string(),
  name: shownText,
  kind: z.string(),
  status: z.enum(EXECUTOR_STATUSES),
  /** Columns that the control plane cannot read in its database. */
  damaged: z.array(z.string()),
  version: shownText,
  channel: z.string(),
  hostName: shownText,
  publicHost: z.nullable(shownText),
  createdAt: timestamp,
  lastSyncAt: z.nullable(timestamp),
  /** When its agent was stopped in an orderly way. */
  stoppedAt: z.nullable(timestamp),
  key: z.nullable(keyReference),
  instances: z.array(instance),
  lastRefusal: z.nullable(refusal),
  /** Null: it is online, and its key has not ended. */
  offlineReason: z.nullable(offlineReason),
});

const transition = z.object({
  kind: z.enum(TRANSITION_KINDS),
  at: timestamp,
  /** Of `offline`: silent or stopped. Of `refused`: the reason. */
  cause: z.nullable(shownText),
  key: z.nullable(keyReference),
  address: z.nullable(shownText),
});

/** A moment at which the executor came or went, got another key, or was refused. */
export type Transition = z.output<typeof transition>;

const detailed = z.extend(listedExecutor, {
  /** The key that it is bound to. */
  apiKey: z.nullable(apiKey),
  /** Active keys that serve only this executor. */
  ownKeys: z.array(keyReference),
  keyHistory: z.array(z.object({ key: keyReference, firstUsedAt: timestamp, lastUsedAt: timestamp })),
  /** The last 50, newest first. */
  timeline: z.array(transition),
});

export type ListedExecutor = z.output<typeof listedExecutor>;
export type Executor = z.output<typeof detailed>;

const REFUSAL = "{ key { id name fingerprint } reason message address at }";
/** The fields of `listedExecutor`. */
export const LISTED_EXECUTOR = `damaged id name kind status version channel hostName publicHost createdAt lastSyncAt
  key { id name fingerprint } stoppedAt
  instances { instanceId hostName address lastSyncAt process { bootHash pid unit } }
  lastRefusal ${REFUSAL}
  offlineReason { cause at isKnocking key { id name fingerprint } refusal ${REFUSAL} }`;
const DETAILED = `${LISTED_EXECUTOR} apiKey { ${KEY_FIELDS} } ownKeys { id name fingerprint }
  keyHistory { key { id name fingerprint } firstUsedAt lastUsedAt }
  timeline { kind at cause key { id name fingerprint } address }`;

/** The executor with exactly this name; null: there is none. */
export function askExecutorNamed(name: string): Operation<ListedExecutor | null> {
  const document = `query ExecutorNamed($name: String!) { executors(name: $name) { ${LISTED_EXECUTOR} } }`;
  const schema = z.pipe(
    field("executors", z.array(listedExecutor)),
    z.transform(([executor]) => executor ?? null),
  );
  return graphql(document, { name }, schema);
}

/** Null: the organization has no executor with this id. */
export function askExecutor(id: string): Operation<Executor | null> {
  const document = `query Executor($id: ID!) { executor(id: $id) { ${DETAILED} } }`;
  return graphql(document, { id }, field("executor", z.nullable(detailed)));
}

const changed = field("changed", z.object({ id: z.string() }));

/** Revokes the key that the executor is bound to. Refused if it is bound to another one by now. */
export function revokeExecutorAccess(executorId: string, keyId: string): Operation<unknown> {
  const document = `mutation RevokeExecutorAccess($executorId: ID!, $keyId: ID) {
    changed: revokeExecutorAccess(executorId: $executorId, keyId: $keyId) { id }
  }`;
  return graphql(document, { executorId, keyId }, changed);
}

/** @param revokeKeys whether the active keys that serve only this executor are revoked, too */
export function deleteExecutor(executorId: string, revokeKeys: boolean): Operation<unknown> {
  const document = `mutation DeleteExecutor($executorId: ID!, $revokeKeys: Boolean! = false) {
    changed: deleteExecutor(executorId: $executorId, revokeKeys: $revokeKeys) { id }
  }`;
  return graphql(document, { executorId, revokeKeys }, changed);
}
