import * as z from "zod/mini";
import { API_KEY_STATUSES } from "../../../protocol/statuses.ts";
import type { Operation } from "../answer.ts";
import { auditEvent, EVENT_FIELDS } from "../audit.ts";
import { namedExecutor, shownText, timestamp } from "../decode.ts";
import { graphql } from "../graphql-operation.ts";
import { KEY_REFUSAL, keyRefusal } from "../key-refusal.ts";
import { BOUND_EXECUTORS, boundExecutor } from "./key-reach.ts";

const use = z.object({
  executor: namedExecutor,
  firstUsedAt: timestamp,
  lastUsedAt: timestamp,
  address: z.nullable(shownText),
});

export const summary = z.object({
  id: z.string(),
  name: shownText,
  fingerprint: z.string(),
  status: z.enum(API_KEY_STATUSES),
  createdAt: timestamp,
  expiresAt: z.nullable(timestamp),
  revokesAt: z.nullable(timestamp),
  revokedAt: z.nullable(timestamp),
});

const details = z.extend(summary, {
  damaged: z.array(z.string()),
  lastUsedAt: z.nullable(timestamp),
  target: z.nullable(namedExecutor),
  usedNow: z.array(use),
  usedNowCount: z.number(),
  usedBefore: z.array(use),
  usedBeforeCount: z.number(),
  lastUse: z.nullable(use),
  lastRefusal: z.nullable(keyRefusal),
  /** It and all keys that were rotated from one another, newest first. */
  rotations: z.array(z.extend(summary, { usedNowCount: z.number() })),
});

const keyPage = z.object({
  apiKey: z.nullable(details),
  executors: z.array(boundExecutor),
  auditEvents: z.array(auditEvent),
});

/** An executor's use of a key. */
export type KeyUse = z.output<typeof use>;
/** What is known of a key without asking who uses it. */
export type KeySummary = z.output<typeof summary>;
export type KeyDetails = z.output<typeof details>;
/** A key with all that tells whether it may be revoked; `apiKey` is null if there is none. */
export type KeyPage = z.output<typeof keyPage>;

const USE = "{ executor { id name isDeleted } firstUsedAt lastUsedAt address }";
export const SUMMARY = "id name fingerprint status createdAt expiresAt revokesAt revokedAt";

export function askKeyPage(id: string): Operation<KeyPage> {
  const document = `query ApiKeyPage($id: ID!, $target: String) {
    apiKey(id: $id) {
      ${SUMMARY} damaged lastUsedAt target { id name isDeleted }
      usedNow ${USE} usedNowCount usedBefore(limit: 20) ${USE} usedBeforeCount lastUse ${USE}
      lastRefusal ${KEY_REFUSAL}
      rotations { ${SUMMARY} usedNowCount }
    }
    ${BOUND_EXECUTORS}
    auditEvents(target: $target, limit: 10) { ${EVENT_FIELDS} }
  }`;
  return graphql(document, { id, target: id }, keyPage);
}
