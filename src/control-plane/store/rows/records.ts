import * as z from "zod";
import { CHANNELS } from "../../../protocol/channels.ts";
import { TRANSITION_KINDS } from "../../../protocol/statuses.ts";
import { type ExecutorProcess, executorProcess } from "../../../protocol/sync.ts";
import type { AuditEvent } from "../contract/audit.ts";
import type {
  BoundExecutor,
  ExecutorKeyUse,
  ExecutorRecord,
  ExecutorTransition,
  InstanceElsewhere,
  Whereabouts,
} from "../contract/executors.ts";
import type { BoundKey, KeyRecord, KeyRefusal, KeyUse } from "../contract/keys.ts";
import type { Organization } from "../contract/organizations.ts";
import type { ExecutorReference } from "../contract/references.ts";
import { Cells, UNREADABLE } from "./cells.ts";
import type { Row } from "./row.ts";

/**
 * Rows as records. None of these throws: a record names the columns that cannot be read in
 * `damaged`.
 */

const KINDS = ["agent", "operator"] as const;

export function organization(row: Row): Organization {
  const cells = new Cells(row);
  return { id: cells.text("id"), name: cells.text("name"), slug: cells.text("slug") };
}

export function key(row: Row): KeyRecord {
  const cells = new Cells(row);
  const targetId = cells.textOrNull("targetId");
  const id = cells.text("id");
  // Apart, because damage to the organization does not damage the key.
  const own = new Cells(row);
  return {
    id,
    name: cells.textOrNull("name") ?? "",
    fingerprint: fingerprintOfHash(cells.text("key")),
    organization: {
      id: own.text("organizationId"),
      name: own.text("organizationName"),
      slug: own.text("organizationSlug"),
    },
    createdAt: cells.date("createdAt"),
    expiresAt: cells.dateOrNull("expiresAt"),
    lastUsedAt: cells.dateOrNull("lastRequest"),
    isEnabled: cells.flag("enabled"),
    revokedAt: cells.timeOrNull("revokedAt"),
    revokesAt: cells.timeOrNull("revokesAt"),
    // A key that better-auth's plugin made begins a lineage.
    lineageId: cells.textOrNull("lineageId") ?? id,
    target: targetId === null ? null : { id: targetId, ...named(cells, "targetName", "existingTarget") },
    damaged: cells.damaged,
  };
}

export function executorReference(row: Row): ExecutorReference {
  const cells = new Cells(row);
  return { id: cells.text("id"), name: cells.text("name") };
}

export function boundExecutor(row: Row): BoundExecutor {
  const cells = new Cells(row);
  return {
    id: cells.text("id"),
    name: cells.text("name"),
    kind: cells.wordOrUndefined("kind", KINDS),
    keyId: cells.textOrNull("keyId"),
    lineageId: cells.textOrNull("lineageId"),
    damaged: cells.damaged,
  };
}

/**
 * A name that outlives its executor. The column `existing` has the executor's id if it still
 * exists.
 */
function named(cells: Cells, name: string, existing: string): { name: string; isDeleted: boolean } {
  return { name: cells.text(name), isDeleted: cells.textOrNull(existing) === null };
}

export function keyUse(row: Row): KeyUse {
  const cells = new Cells(row);
  return {
    executor: { id: cells.text("executorId"), ...named(cells, "executorName", "existingExecutor") },
    firstUsedAt: cells.time("firstUsedAt"),
    lastUsedAt: cells.time("lastUsedAt"),
    address: cells.textOrNull("address"),
    damaged: cells.damaged,
  };
}

export function executorKeyUse(row: Row): ExecutorKeyUse {
  const cells = new Cells(row);
  return {
    key: {
      id: cells.text("keyId"),
      name: cells.text("keyName"),
      fingerprint: cells.text("keyFingerprint"),
    },
    firstUsedAt: cells.time("firstUsedAt"),
    lastUsedAt: cells.time("lastUsedAt"),
    address: cells.textOrNull("address"),
    damaged: cells.damaged,
  };
}

export function transition(row: Row): ExecutorTransition {
  const cells = new Cells(row);
  const keyId = cells.textOrNull("keyId");
  return {
    kind: TRANSITION_KINDS[cells.count("kind")] ?? "offline",
    at: cells.time("at"),
    cause: cells.textOrNull("cause"),
    address: cells.textOrNull("address"),
    key:
      keyId === null
        ? null
        : { id: keyId, name: cells.textOrNull("keyName") ?? "", fingerprint: cells.text("keyFingerprint") },
  };
}

export function instanceElsewhere(row: Row): InstanceElsewhere {
  const cells = new Cells(row);
  return {
    executorId: cells.text("executorId"),
    instanceId: cells.text("instanceId"),
    hostName: cells.text("hostName"),
    address: cells.textOrNull("address"),
    process: processIn(cells.textOrNull("process")),
    lastSyncAt: cells.time("lastSyncAt"),
  };
}

function processIn(json: string | null): ExecutorProcess | null {
  try {
    return json === null ? null : executorProcess.parse(JSON.parse(json));
  } catch {
    return null;
  }
}

export function whereabouts(row: Row): Whereabouts {
  const cells = new Cells(row);
  const kind = cells.countOrNull("kind");
  return {
    id: cells.text("id"),
    lastSyncAt: cells.timeOrNull("lastSyncAt"),
    isOnline: kind === null ? null : TRANSITION_KINDS[kind] === "online",
  };
}

export function executor(row: Row): ExecutorRecord {
  const cells = new Cells(row);
  const keyId = cells.textOrNull("keyId");
  return {
    id: cells.text("id"),
    name: cells.text("name"),
    kind: cells.wordOrUndefined("kind", KINDS) ?? "agent",
    organizationId: cells.text("organizationId"),
    version: cells.text("version"),
    channel: cells.wordOrUndefined("channel", CHANNELS) ?? "stable",
    hostName: cells.text("hostName"),
    publicHost: cells.textOrNull("publicHost"),
    capabilities: cells.json("capabilities"),
    resources: cells.json("resources"),
    createdAt: cells.time("createdAt"),
    lastSyncAt: cells.timeOrNull("lastSyncAt"),
    stoppedAt: cells.timeOrNull("stoppedAt"),
    key: keyId === null ? null : boundKey(row, keyId),
    lastRefusal: cells.jsonOrNull("lastRefusal", refusal),
    damaged: cells.damaged,
  };
}

/** Damage of the key's row is its own, not the executor's. */
function boundKey(row: Row, id: string): BoundKey {
  const cells = new Cells(row);
  const hash = cells.textOrNull("keyHash");
  return {
    id,
    name: cells.textOrNull("keyName") ?? "",
    fingerprint: hash === null ? UNREADABLE : fingerprintOfHash(hash),
    expiresAt: cells.dateOrNull("expiresAt"),
    isEnabled: cells.flag("enabled"),
    revokedAt: cells.timeOrNull("revokedAt"),
    revokesAt: cells.timeOrNull("revokesAt"),
    lastRefusal: cells.timeOrNull("keyRefusedAt") === null ? null : keyRefusal(row),
    damaged: cells.damaged,
  };
}

/** Of the columns that are joined to a key. */
export function keyRefusal(row: Row): KeyRefusal {
  const cells = new Cells(row);
  return {
    reason: cells.text("reason"),
    message: cells.text("message"),
    address: cells.textOrNull("address"),
    executorId: cells.textOrNull("refusedExecutorId"),
    at: cells.time("keyRefusedAt"),
  };
}

export function auditEvent(row: Row): AuditEvent {
  const cells = new Cells(row);
  return {
    id: cells.text("id"),
    organizationId: cells.text("organizationId"),
    at: cells.time("at"),
    actor: cells.text("actor"),
    actorId: cells.textOrNull("actorId"),
    action: cells.text("action"),
    targetType: cells.text("targetType"),
    targetId: cells.text("targetId"),
    targetName: cells.text("targetName"),
    details: cells.json("details"),
    source: cells.text("source"),
    damaged: cells.damaged,
  };
}

const refusal = z.object({
  key: z.object({ id: z.string(), name: z.string(), fingerprint: z.string() }),
  reason: z.string(),
  message: z.string(),
  address: z.string().nullable(),
  at: z.number().int().min(0).max(8.64e15),
});

/** A fingerprint is the beginning of the SHA-256 that is stored (src/protocol/fingerprint.ts). */
export function fingerprintOfHash(hash: string): string {
  return Buffer.from(hash.slice(0, 6), "base64url").toString("hex");
}
