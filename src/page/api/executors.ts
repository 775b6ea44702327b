import * as z from "zod/mini";
import { EXECUTOR_STATUSES } from "../../protocol/statuses.ts";
import type { Operation } from "./answer.ts";
import type { PageRequest } from "./api-keys.ts";
import { keyReference, shownText, timestamp } from "./decode.ts";
import { field, graphql } from "./graphql-operation.ts";

const instance = z.object({
  instanceId: z.string(),
  hostName: shownText,
  address: z.nullable(shownText),
  lastSyncAt: timestamp,
  process: z.nullable(z.object({ bootHash: z.string(), pid: z.number(), unit: z.nullable(shownText) })),
});

const listed = z.object({
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
  lastRefusal: z.nullable(
    z.object({
      key: keyReference,
      reason: shownText,
      message: shownText,
      address: z.nullable(shownText),
      at: timestamp,
    }),
  ),
});

const detailed = z.extend(listed, {
  /** Active keys that serve only this executor. */
  ownKeys: z.array(keyReference),
  keyHistory: z.array(z.object({ key: keyReference, firstUsedAt: timestamp, lastUsedAt: timestamp })),
});

export type ListedExecutor = z.output<typeof listed>;
export type Executor = z.output<typeof detailed>;

const LISTED = `damaged id name kind status version channel hostName publicHost createdAt lastSyncAt
  key { id name fingerprint } stoppedAt
  instances { instanceId hostName address lastSyncAt process { bootHash pid unit } }
  lastRefusal { key { id name fingerprint } reason message address at }`;
const DETAILED = `${LISTED} ownKeys { id name fingerprint } keyHistory { key { id name fingerprint } firstUsedAt lastUsedAt }`;

export function listExecutors(page: PageRequest): Operation<readonly ListedExecutor[]> {
  const document = `query Executors($limit: Int, $before: ID, $search: String) {
    executors(limit: $limit, before: $before, search: $search) { ${LISTED} }
  }`;
  return graphql(document, { ...page }, field("executors", z.array(listed)));
}

/** The executor with exactly this name; null: there is none. */
export function askExecutorNamed(name: string): Operation<ListedExecutor | null> {
  const document = `query ExecutorNamed($name: String!) { executors(name: $name) { ${LISTED} } }`;
  const schema = z.pipe(
    field("executors", z.array(listed)),
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

/** Revokes the key that the executor is bound to. */
export function revokeExecutorAccess(executorId: string): Operation<unknown> {
  const document = `mutation RevokeExecutorAccess($executorId: ID!) {
    changed: revokeExecutorAccess(executorId: $executorId) { id }
  }`;
  return graphql(document, { executorId }, changed);
}

/** @param revokeKeys whether the active keys that serve only this executor are revoked, too */
export function deleteExecutor(executorId: string, revokeKeys: boolean): Operation<unknown> {
  const document = `mutation DeleteExecutor($executorId: ID!, $revokeKeys: Boolean! = false) {
    changed: deleteExecutor(executorId: $executorId, revokeKeys: $revokeKeys) { id }
  }`;
  return graphql(document, { executorId, revokeKeys }, changed);
}
