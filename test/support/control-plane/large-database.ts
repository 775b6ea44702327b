import { DatabaseSync } from "node:sqlite";
import { openSqliteStore } from "../../../src/control-plane/store/sqlite/open.ts";

export interface LargeDatabase {
  readonly organizationId: string;
  /** For each executor that has used several keys. */
  readonly executorId: string;
  readonly keyId: string;
}

export interface LargeSizes {
  readonly keys: number;
  readonly executors: number;
  readonly auditEvents: number;
  /** How many people have acted, each with every action. */
  readonly actors: number;
}

const ACTIONS = [
  "api_key.created",
  "api_key.updated",
  "api_key.revoked",
  "api_key.deleted",
  "executor.deleted",
  "member.invited",
  "member.invitation_canceled",
  "member.joined",
  "member.role_changed",
  "person.password_reset",
];
const DAY_MS = 86_400_000;

/**
 * Fills a new database at `path` with one organization of the given sizes and a small one. The
 * audit log resembles a real one: many people, always new key names, a rare action, and one person
 * who did a single thing.
 */
export async function fillLargeDatabase(
  path: string,
  sizes: LargeSizes,
  now: number,
): Promise<LargeDatabase> {
  await openSqliteStore(path).close();
  const database = new DatabaseSync(path);
  database.exec("pragma synchronous = off; begin");
  const insert = (table: string, columns: string) => {
    const marks = columns.split(",").map(() => "?");
    return database.prepare(`insert into ${table} (${columns}) values (${marks.join(",")})`);
  };
  const organization = insert("organization", "id,name,slug,createdAt");
  for (const slug of ["acme", "bravo"]) {
    organization.run(slug, slug, slug, iso(now));
  }
  fillKeys(insert, sizes, now);
  fillExecutors(insert, sizes, now);
  fillAudit(insert, sizes, now);
  database.exec("commit; analyze; pragma wal_checkpoint(truncate)");
  database.close();
  return { organizationId: "acme", executorId: "executor-7", keyId: "key-7" };
}

type Insert = (table: string, columns: string) => ReturnType<DatabaseSync["prepare"]>;

function fillKeys(insert: Insert, { keys }: LargeSizes, now: number): void {
  const apikey = insert(
    "apikey",
    "id,configId,name,start,referenceId,prefix,key,enabled,requestCount,createdAt,updatedAt",
  );
  const side = insert("executorKey", "keyId,lineageId,revokedAt");
  for (let n = 0; n < keys; n += 1) {
    const at = iso(now - n * 3_600_000);
    const hash = Buffer.from(`hash ${n} `.padEnd(32, "h")).toString("base64url");
    apikey.run(`key-${n}`, "executor", `prod ${n}`, "exc_ab", "acme", "exc_", hash, 1, 0, at, at);
    side.run(`key-${n}`, `key-${n}`, n % 5 === 0 ? now : null);
  }
}

function fillExecutors(insert: Insert, { executors, keys }: LargeSizes, now: number): void {
  const executor = insert(
    "executor",
    "id,organizationId,name,kind,version,channel,hostName,capabilities,resources,createdAt,lastSyncAt,keyId,lineageId,enrolledBy",
  );
  const usage = insert(
    "executorKeyUsage",
    "executorId,executorName,keyId,keyName,keyFingerprint,firstUsedAt,lastUsedAt",
  );
  const capabilities = JSON.stringify({ supportedChains: "x".repeat(800), features: ["sync"] });
  for (let n = 0; n < executors; n += 1) {
    const id = `executor-${n}`;
    const keyId = `key-${n % keys}`;
    const host = `host-${n}.example.com`;
    executor.run(
      id,
      "acme",
      `agent-${n}`,
      "agent",
      "1.4.0",
      "stable",
      host,
      capabilities,
      "{}",
      now,
      now,
      keyId,
      keyId,
      keyId,
    );
    for (let older = 0; older < 3; older += 1) {
      const used = `key-${(n + older) % keys}`;
      usage.run(id, `agent-${n}`, used, "prod", "00000000", now - older * DAY_MS, now - older * DAY_MS);
    }
  }
}

function fillAudit(insert: Insert, { auditEvents, keys, actors }: LargeSizes, now: number): void {
  const event = insert(
    "auditEvent",
    "id,organizationId,at,actor,action,targetType,targetId,targetName,details,source",
  );
  const details = JSON.stringify({ fingerprint: "00000000", expiresAt: null });
  for (let n = 0; n < auditEvents; n += 1) {
    const actor =
      n === 1000 ? "Rare <rare@example.com>" : `Person ${n % actors} <person${n % actors}@example.com>`;
    const action =
      n % 50_000 === 7 ? "member.removed" : (ACTIONS[Math.floor(n / actors) % ACTIONS.length] ?? "");
    // Each key has several events, and most keys in the log no longer exist.
    const key = auditEvents - n <= keys * 4 ? n % keys : Math.floor(n / 40);
    const organization = n % 100 === 99 ? "bravo" : "acme";
    event.run(
      `event-${n}`,
      organization,
      now - (auditEvents - n) * 60_000,
      actor,
      action,
      "api_key",
      `key-${key}`,
      `prod ${key}`,
      details,
      "page",
    );
  }
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
