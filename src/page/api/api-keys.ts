import * as z from "zod/mini";
import { API_KEY_STATUSES } from "../../protocol/statuses.ts";
import type { Operation } from "./answer.ts";
import { namedExecutor, reference, shownText, timestamp } from "./decode.ts";
import { field, graphql } from "./graphql-operation.ts";

export const apiKey = z.object({
  id: z.string(),
  name: shownText,
  fingerprint: z.string(),
  status: z.enum(API_KEY_STATUSES),
  /** Columns that the control plane cannot read in its database. */
  damaged: z.array(z.string()),
  createdAt: timestamp,
  expiresAt: z.nullable(timestamp),
  revokesAt: z.nullable(timestamp),
  revokedAt: z.nullable(timestamp),
  lastUsedAt: z.nullable(timestamp),
  target: z.nullable(namedExecutor),
});

export type ApiKey = z.output<typeof apiKey>;

const apiKeyUse = z.object({
  name: shownText,
  boundExecutors: z.array(reference),
  usedBy: z.array(z.object({ executor: reference, firstUsedAt: timestamp, lastUsedAt: timestamp })),
});

/** The executors that are bound to a key now, and those that have used it. */
export type ApiKeyUse = z.output<typeof apiKeyUse>;

/** A new key with its secret, which no later answer contains. */
export interface IssuedKey {
  readonly apiKey: ApiKey;
  readonly secret: string;
}

/** The fields of `apiKey`. */
export const KEY_FIELDS = `damaged id name fingerprint status createdAt expiresAt revokesAt revokedAt lastUsedAt
  target { id name isDeleted }`;

/** Null: the key does not exist (any more). */
export function askApiKeyUse(id: string): Operation<ApiKeyUse | null> {
  const document = `query ApiKeyUse($id: ID!) {
    apiKey(id: $id) { name boundExecutors { id name } usedBy { executor { id name } firstUsedAt lastUsedAt } }
  }`;
  return graphql(document, { id }, field("apiKey", z.nullable(apiKeyUse)));
}

interface NewKey {
  readonly name: string;
  /** Epoch ms; null: the key never expires. */
  readonly expiresAt: number | null;
  /** Id of the executor that will be bound to it; null: a new executor. */
  readonly target: string | null;
}

const issued = field("issued", z.object({ apiKey, secret: z.string() }));

export function createApiKey(input: NewKey): Operation<IssuedKey> {
  const document = `mutation CreateApiKey($input: CreateApiKeyInput!) {
    issued: createApiKey(input: $input) { apiKey { ${KEY_FIELDS} } secret }
  }`;
  return graphql(document, { input }, issued);
}

/** @param revokesAt when the old key is revoked, epoch ms; null: at once */
export function rotateApiKey(id: string, revokesAt: number | null): Operation<IssuedKey> {
  const document = `mutation RotateApiKey($id: ID!, $revokesAt: Timestamp) {
    issued: rotateApiKey(id: $id, revokesAt: $revokesAt) { apiKey { ${KEY_FIELDS} } secret }
  }`;
  return graphql(document, { id, revokesAt }, issued);
}

const changed = field("changed", z.object({ id: z.string() }));

export function revokeApiKey(id: string): Operation<unknown> {
  return graphql(
    "mutation RevokeApiKey($id: ID!) { changed: revokeApiKey(id: $id) { id } }",
    { id },
    changed,
  );
}

export function deleteApiKey(id: string): Operation<unknown> {
  return graphql(
    "mutation DeleteApiKey($id: ID!) { changed: deleteApiKey(id: $id) { id } }",
    { id },
    changed,
  );
}
