import * as z from "zod/mini";
import type { Answer } from "./answer.ts";
import type { PageRequest } from "./api-keys.ts";
import { keyReference, shownText, timestamp } from "./decode.ts";
import { askGraphql } from "./graphql-operation.ts";

const instance = z.object({
  instanceId: z.string(),
  hostName: shownText,
  address: z.nullable(shownText),
  lastSyncAt: timestamp,
});

const listed = z.object({
  id: z.string(),
  name: shownText,
  kind: z.string(),
  status: z.enum(["online", "offline", "damaged"]),
  /** Columns of its row that cannot be read. */
  damaged: z.array(z.string()),
  version: shownText,
  channel: z.string(),
  hostName: shownText,
  publicHost: z.nullable(shownText),
  createdAt: timestamp,
  lastSyncAt: z.nullable(timestamp),
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
  /** The active keys that serve only it. */
  ownKeys: z.array(keyReference),
  keyHistory: z.array(z.object({ key: keyReference, firstUsedAt: timestamp, lastUsedAt: timestamp })),
});

export type ListedExecutor = z.output<typeof listed>;
export type Executor = z.output<typeof detailed>;

const LISTED = `damaged id name kind status version channel hostName publicHost createdAt lastSyncAt
  key { id name fingerprint } instances { instanceId hostName address lastSyncAt }
  lastRefusal { key { id name fingerprint } reason message address at }`;
const DETAILED = `${LISTED} ownKeys { id name fingerprint } keyHistory { key { id name fingerprint } firstUsedAt lastUsedAt }`;

export async function listExecutors(
  page: PageRequest,
  signal: AbortSignal,
): Promise<Answer<readonly ListedExecutor[]>> {
  const document = `query Executors($limit: Int, $before: ID, $search: String) {
    executors(limit: $limit, before: $before, search: $search) { ${LISTED} }
  }`;
  const answer = await askGraphql(document, { ...page }, z.object({ executors: z.array(listed) }), signal);
  return answer.kind === "data" ? { kind: "data", data: answer.data.executors } : answer;
}

/** The executor of exactly this name, however many others there are; null: there is none. */
export async function askExecutorNamed(
  name: string,
  signal: AbortSignal,
): Promise<Answer<ListedExecutor | null>> {
  const document = `query ExecutorNamed($name: String!) { executors(name: $name) { ${LISTED} } }`;
  const answer = await askGraphql(document, { name }, z.object({ executors: z.array(listed) }), signal);
  return answer.kind === "data" ? { kind: "data", data: answer.data.executors[0] ?? null } : answer;
}

/** Null: there is none of this id in the organization. */
export async function askExecutor(id: string, signal: AbortSignal): Promise<Answer<Executor | null>> {
  const document = `query Executor($id: ID!) { executor(id: $id) { ${DETAILED} } }`;
  const answer = await askGraphql(document, { id }, z.object({ executor: z.nullable(detailed) }), signal);
  return answer.kind === "data" ? { kind: "data", data: answer.data.executor } : answer;
}

export function revokeExecutorAccess(executorId: string, signal: AbortSignal): Promise<Answer<unknown>> {
  const document =
    "mutation RevokeExecutorAccess($executorId: ID!) { revoked: revokeExecutorAccess(executorId: $executorId) { id } }";
  return askGraphql(document, { executorId }, z.object({ revoked: z.object({ id: z.string() }) }), signal);
}

/** `revokeKeys`: with the active keys that serve only it. */
export function deleteExecutor(
  executorId: string,
  revokeKeys: boolean,
  signal: AbortSignal,
): Promise<Answer<unknown>> {
  const document = `mutation DeleteExecutor($executorId: ID!, $revokeKeys: Boolean! = false) {
    deleted: deleteExecutor(executorId: $executorId, revokeKeys: $revokeKeys) { id }
  }`;
  const schema = z.object({ deleted: z.object({ id: z.string() }) });
  return askGraphql(document, { executorId, revokeKeys }, schema, signal);
}
