import * as z from "zod/mini";
import type { Answer } from "./answer.ts";
import { namedExecutor, reference, shownText, timestamp } from "./decode.ts";
import { askGraphql } from "./graphql-operation.ts";

const apiKey = z.object({
  id: z.string(),
  name: shownText,
  fingerprint: z.string(),
  status: z.enum(["active", "expired", "revoked", "damaged"]),
  /** Columns of its row that cannot be read. */
  damaged: z.array(z.string()),
  createdAt: timestamp,
  expiresAt: z.nullable(timestamp),
  revokesAt: z.nullable(timestamp),
  revokedAt: z.nullable(timestamp),
  lastUsedAt: z.nullable(timestamp),
  target: z.nullable(namedExecutor),
  usedBy: z.array(z.object({ executor: namedExecutor, lastUsedAt: timestamp })),
  usedByCount: z.number(),
});

export type ApiKey = z.output<typeof apiKey>;

const apiKeyUse = z.object({
  boundExecutors: z.array(reference),
  usedBy: z.array(z.object({ executor: reference, firstUsedAt: timestamp, lastUsedAt: timestamp })),
});

/** Which executors are bound to a key now, and which have used it since when. */
export type ApiKeyUse = z.output<typeof apiKeyUse>;

const issuedKey = z.object({ apiKey, secret: z.string() });

/** A key with its secret, which no later answer holds. */
export type IssuedKey = z.output<typeof issuedKey>;

/** How many executors of a key a list asks for; it shows two, and names the others on hover. */
const LISTED_USES = 20;

const FIELDS = `damaged id name fingerprint status createdAt expiresAt revokesAt revokedAt lastUsedAt
  target { id name isDeleted } usedBy(limit: ${LISTED_USES}) { executor { id name isDeleted } lastUsedAt } usedByCount`;

/** What a list is asked for: at most `limit`, older than the one with the id `before`. */
export interface PageRequest {
  readonly limit: number;
  readonly before: string | null;
  readonly search: string | null;
}

export async function listApiKeys(
  page: PageRequest,
  signal: AbortSignal,
): Promise<Answer<readonly ApiKey[]>> {
  const document = `query ApiKeys($limit: Int, $before: ID, $search: String) {
    apiKeys(limit: $limit, before: $before, search: $search) { ${FIELDS} }
  }`;
  const answer = await askGraphql(document, { ...page }, z.object({ apiKeys: z.array(apiKey) }), signal);
  return answer.kind === "data" ? { kind: "data", data: answer.data.apiKeys } : answer;
}

/** Null: there is no such key any more. */
export async function askApiKeyUse(id: string, signal: AbortSignal): Promise<Answer<ApiKeyUse | null>> {
  const document = `query ApiKeyUse($id: ID!) {
    apiKey(id: $id) { boundExecutors { id name } usedBy { executor { id name } firstUsedAt lastUsedAt } }
  }`;
  const answer = await askGraphql(document, { id }, z.object({ apiKey: z.nullable(apiKeyUse) }), signal);
  return answer.kind === "data" ? { kind: "data", data: answer.data.apiKey } : answer;
}

export interface NewKey {
  readonly name: string;
  readonly expiresAt: number | null;
  /** Id of the executor to bind it to; null: a new executor's. */
  readonly target: string | null;
}

const issuedAnswer = z.object({ issued: issuedKey });

export async function createApiKey(input: NewKey, signal: AbortSignal): Promise<Answer<IssuedKey>> {
  const document = `mutation CreateApiKey($input: CreateApiKeyInput!) {
    issued: createApiKey(input: $input) { apiKey { ${FIELDS} } secret }
  }`;
  return issuedOf(await askGraphql(document, { input }, issuedAnswer, signal));
}

/** `revokesAt`: until when the old key stays alive; null: it is revoked in the same step. */
export async function rotateApiKey(
  id: string,
  revokesAt: number | null,
  signal: AbortSignal,
): Promise<Answer<IssuedKey>> {
  const document = `mutation RotateApiKey($id: ID!, $revokesAt: Timestamp) {
    issued: rotateApiKey(id: $id, revokesAt: $revokesAt) { apiKey { ${FIELDS} } secret }
  }`;
  return issuedOf(await askGraphql(document, { id, revokesAt }, issuedAnswer, signal));
}

function issuedOf(answer: Answer<z.output<typeof issuedAnswer>>): Answer<IssuedKey> {
  return answer.kind === "data" ? { kind: "data", data: answer.data.issued } : answer;
}

const changed = z.object({ key: z.object({ id: z.string() }) });

export function revokeApiKey(id: string, signal: AbortSignal): Promise<Answer<unknown>> {
  const document = "mutation RevokeApiKey($id: ID!) { key: revokeApiKey(id: $id) { id } }";
  return askGraphql(document, { id }, changed, signal);
}

export function deleteApiKey(id: string, signal: AbortSignal): Promise<Answer<unknown>> {
  const document = "mutation DeleteApiKey($id: ID!) { key: deleteApiKey(id: $id) { id } }";
  return askGraphql(document, { id }, changed, signal);
}
