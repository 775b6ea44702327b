import type { DatabaseSync } from "node:sqlite";
import type {
  Activity,
  ExecutorDeclaration,
  KeyRecord,
  NewAuditEvent,
  NewExecutor,
  NewKey,
  Organization,
  StoreTransaction,
} from "../contract/store.ts";
import { SqlitePeopleWriter } from "./people/people.ts";
import { SqliteSignInDevices } from "./people/sign-in-devices.ts";
import { SqliteReader } from "./reader.ts";
import { dateText } from "./rows/row.ts";

/** Reads and writes through the writing connection, inside the transaction that sqlite/store.ts has begun. */
export class SqliteTransaction extends SqliteReader implements StoreTransaction {
  readonly people: SqlitePeopleWriter;
  readonly devices: SqliteSignInDevices;

  constructor(writer: DatabaseSync) {
    super(writer);
    this.people = new SqlitePeopleWriter(writer);
    this.devices = new SqliteSignInDevices(writer);
  }

  async insertOrganization(organization: Organization & { readonly createdAt: number }): Promise<void> {
    const { id, name, slug, createdAt } = organization;
    const sql = "insert into organization (id, name, slug, createdAt) values (?, ?, ?, ?)";
    this.run(sql, id, name, slug, dateText(createdAt));
  }

  async insertKey(key: NewKey): Promise<void> {
    const createdAt = dateText(key.createdAt);
    const { id, name, start, organizationId, hash } = key;
    // rateLimitEnabled off: better-auth's default is ten requests a day.
    const sql = `insert into apikey (id, configId, name, start, referenceId, prefix, key, enabled, rateLimitEnabled,
      requestCount, expiresAt, createdAt, updatedAt) values (?, 'executor', ?, ?, ?, 'exc_', ?, 1, 0, 0, ?, ?, ?)`;
    this.run(sql, id, name, start, organizationId, hash, dateText(key.expiresAt), createdAt, createdAt);
    const side =
      "insert into executorKey (keyId, lineageId, targetExecutorId, targetName) values (?, ?, ?, ?)";
    this.run(side, id, key.lineageId, key.target?.id ?? null, key.target?.name ?? null);
  }

  async revokeKey(id: string, at: number): Promise<void> {
    this.run("update apikey set enabled = 0, updatedAt = ? where id = ?", dateText(at), id);
    const sql = `insert into executorKey (keyId, lineageId, revokedAt) values (?1, ?1, ?2)
      on conflict (keyId) do update set revokedAt = excluded.revokedAt`;
    this.run(sql, id, at);
  }

  async endKeyAt(id: string, revokesAt: number, at: number): Promise<void> {
    this.run("update apikey set updatedAt = ? where id = ?", dateText(at), id);
    const sql = `insert into executorKey (keyId, lineageId, revokesAt) values (?1, ?1, ?2)
      on conflict (keyId) do update set revokesAt = excluded.revokesAt`;
    this.run(sql, id, revokesAt);
  }

  async deleteKey(id: string): Promise<void> {
    this.run("delete from apikey where id = ?", id);
  }

  async insertExecutor(executor: NewExecutor): Promise<void> {
    const sql = `insert into executor (id, organizationId, name, kind, createdAt, enrolledBy, version, channel, hostName,
      publicHost, capabilities, resources) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
    const { id, organizationId, name, kind, createdAt, enrolledBy } = executor;
    this.run(sql, id, organizationId, name, kind, createdAt, enrolledBy, ...declared(executor));
  }

  async bindExecutor(
    executorId: string,
    key: Pick<KeyRecord, "id" | "lineageId">,
    kind: string,
  ): Promise<void> {
    const sql = "update executor set keyId = ?, lineageId = ?, kind = ? where id = ?";
    this.run(sql, key.id, key.lineageId, kind, executorId);
  }

  async deleteExecutor(id: string): Promise<void> {
    this.run("delete from executor where id = ?", id);
  }

  async record(activities: readonly Activity[]): Promise<void> {
    for (const activity of activities) {
      this.recordOne(activity);
    }
  }

  private recordOne(activity: Activity): void {
    switch (activity.kind) {
      case "key-used":
        this.recordKeyUse(activity.keyId, activity.at);
        break;
      case "synced":
        this.recordSync(activity);
        break;
      case "refused":
        this.recordRefusal(activity);
        break;
    }
  }

  async insertAuditEvent(event: NewAuditEvent): Promise<void> {
    const sql = `insert into auditEvent (id, organizationId, at, actor, actorId, action, targetType, targetId, targetName,
      details, source) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
    const { id, organizationId, at, actor, actorId, action, source } = event;
    const { targetType, targetId, targetName, details } = event;
    const target = [targetType, targetId, targetName] as const;
    this.run(sql, id, organizationId, at, actor, actorId, action, ...target, details, source);
  }

  // Another control plane on this database may be ahead of us; what lies in the future was noted
  // before the wall clock was set back, and gives way. ISO text in UTC of one length compares as
  // the time does.
  private recordKeyUse(keyId: string, at: number): void {
    const sql = `update apikey set lastRequest = ?1 where id = ?2 and (lastRequest is null or lastRequest < ?1
      or lastRequest > strftime('%Y-%m-%dT%H:%M:%fZ'))`;
    this.run(sql, dateText(at), keyId);
  }

  private recordRefusal({ executorId, refusal }: Extract<Activity, { kind: "refused" }>): void {
    this.run("update executor set lastRefusal = ? where id = ?", JSON.stringify(refusal), executorId);
  }

  private recordSync(sync: Extract<Activity, { kind: "synced" }>): void {
    const { executorId, key, at } = sync;
    const heartbeat = `update executor set version = ?, channel = ?, hostName = ?, publicHost = ?, capabilities = ?,
      resources = ?, lastSyncAt = ? where id = ? 
      and (lastSyncAt is null or lastSyncAt <= ? or lastSyncAt > ${NOW_MS})`;
    this.run(heartbeat, ...declared(sync.declaration), at, executorId, at);
    const usage = `insert into executorKeyUsage
      (executorId, executorName, keyId, keyName, keyFingerprint, firstUsedAt, lastUsedAt)
      select id, name, ?2, ?3, ?4, ?5, ?5 from executor where id = ?1
      on conflict (executorId, keyId) do update set lastUsedAt = excluded.lastUsedAt
        where lastUsedAt < excluded.lastUsedAt or lastUsedAt > ${NOW_MS}`;
    this.run(usage, executorId, key.id, key.name, key.fingerprint, at);
  }
}

/** The wall clock's, when the statement runs. */
const NOW_MS = "cast(unixepoch('subsec') * 1000 as integer)";

function declared(d: ExecutorDeclaration): [string, string, string, string | null, string, string] {
  return [d.version, d.channel, d.hostName, d.publicHost, d.capabilities, d.resources];
}
