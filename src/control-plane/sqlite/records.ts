import * as z from "zod";
import type {
  AuditEvent,
  BoundExecutor,
  ExecutorRecord,
  ExecutorReference,
  ExecutorRefusal,
  KeyRecord,
  KeyUse,
  Organization,
  PresentedKey,
} from "../store.ts";
import { date, dateOrNull, integer, integerOrNull, type Row, text, textOrNull } from "./row.ts";

export function organization(row: Row): Organization {
  return { id: text(row, "id"), name: text(row, "name"), slug: text(row, "slug") };
}

export function key(row: Row): KeyRecord {
  return { ...presentedKey(row), lastUsedAt: dateOrNull(row, "lastRequest") };
}

export function presentedKey(row: Row): PresentedKey {
  const targetId = textOrNull(row, "targetId");
  return {
    id: text(row, "id"),
    name: textOrNull(row, "name") ?? "",
    fingerprint: fingerprintOfHash(text(row, "key")),
    organization: {
      id: text(row, "organizationId"),
      name: text(row, "organizationName"),
      slug: text(row, "organizationSlug"),
    },
    createdAt: date(row, "createdAt"),
    expiresAt: dateOrNull(row, "expiresAt"),
    // As better-auth reads it: only an explicit false disables.
    isEnabled: integerOrNull(row, "enabled") !== 0,
    revokedAt: integerOrNull(row, "revokedAt"),
    revokesAt: integerOrNull(row, "revokesAt"),
    // A key that better-auth's plugin made begins a lineage of its own.
    lineageId: textOrNull(row, "lineageId") ?? text(row, "id"),
    target: targetId === null ? null : { id: targetId, ...named(row, "targetName", "existingTarget") },
  };
}

export function executorReference(row: Row): ExecutorReference {
  return { id: text(row, "id"), name: textOrNull(row, "name") ?? "" };
}

export function boundExecutor(row: Row): BoundExecutor {
  return {
    id: text(row, "id"),
    name: text(row, "name"),
    kind: text(row, "kind"),
    keyId: textOrNull(row, "keyId"),
    lineageId: textOrNull(row, "lineageId"),
  };
}

/** A name that outlives its executor, and whether that is still there under the id in the column `existing`. */
function named(row: Row, name: string, existing: string): { name: string; isDeleted: boolean } {
  return { name: textOrNull(row, name) ?? "", isDeleted: textOrNull(row, existing) === null };
}

export function keyUse(row: Row): KeyUse {
  return {
    executor: { id: text(row, "executorId"), ...named(row, "executorName", "existingExecutor") },
    firstUsedAt: integer(row, "firstUsedAt"),
    lastUsedAt: integer(row, "lastUsedAt"),
  };
}

export function executor(row: Row): ExecutorRecord {
  const keyId = textOrNull(row, "keyId");
  return {
    id: text(row, "id"),
    name: text(row, "name"),
    kind: text(row, "kind"),
    organizationId: text(row, "organizationId"),
    version: text(row, "version"),
    channel: text(row, "channel"),
    hostName: text(row, "hostName"),
    publicHost: textOrNull(row, "publicHost"),
    capabilities: text(row, "capabilities"),
    resources: text(row, "resources"),
    createdAt: integer(row, "createdAt"),
    lastSyncAt: integerOrNull(row, "lastSyncAt"),
    key:
      keyId === null
        ? null
        : {
            id: keyId,
            name: textOrNull(row, "keyName") ?? "",
            fingerprint: fingerprintOfHash(text(row, "keyHash")),
          },
    lastRefusal: refusal(textOrNull(row, "lastRefusal")),
  };
}

export function auditEvent(row: Row): AuditEvent {
  return {
    id: text(row, "id"),
    organizationId: text(row, "organizationId"),
    at: integer(row, "at"),
    actor: text(row, "actor"),
    actorId: textOrNull(row, "actorId"),
    action: text(row, "action"),
    targetType: text(row, "targetType"),
    targetId: text(row, "targetId"),
    targetName: text(row, "targetName"),
    details: text(row, "details"),
    source: text(row, "source"),
  };
}

const refusalRecord = z.object({
  key: z.object({ id: z.string(), name: z.string(), fingerprint: z.string() }),
  reason: z.string(),
  message: z.string(),
  address: z.string().nullable(),
  at: z.number().int(),
});

function refusal(json: string | null): ExecutorRefusal | null {
  return json === null ? null : refusalRecord.parse(JSON.parse(json));
}

/** The stored hash is the same SHA-256 that a fingerprint is the beginning of (src/protocol/fingerprint.ts). */
export function fingerprintOfHash(hash: string): string {
  return Buffer.from(hash.slice(0, 6), "base64url").toString("hex");
}
