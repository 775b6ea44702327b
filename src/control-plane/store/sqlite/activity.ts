import type { DatabaseSync } from "node:sqlite";
import type { Activity, ActivityRecorder } from "../contract/activity.ts";
import { dateText } from "../rows/row.ts";
import { declarationValues } from "./executors.ts";
import { SqliteTransitions } from "./history/transitions.ts";
import { SqliteNodeReports } from "./node-reports.ts";
import { NOW_MS, SqliteStatements } from "./rows/statements.ts";

/**
 * Writes what syncs leave behind. A later time that is stored already stays, since another control
 * plane on this database may be ahead of us. One in the future gives way: it was stored before the
 * wall clock was set back.
 */
export class SqliteActivityRecorder extends SqliteStatements implements ActivityRecorder {
  private readonly nodeReports: SqliteNodeReports;
  private readonly transitions: SqliteTransitions;

  constructor(database: DatabaseSync) {
    super(database);
    this.nodeReports = new SqliteNodeReports(database);
    this.transitions = new SqliteTransitions(database);
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
      case "key-refused":
        this.recordKeyRefusal(activity);
        break;
      case "stopped":
        this.recordStop(activity.executorId, activity.at);
        break;
      case "moved":
        this.transitions.record(activity.executorId, activity.transitions);
        break;
      case "started":
        this.transitions.recordStart(activity.before);
        break;
      case "nodes-reported":
        this.nodeReports.record(activity);
        break;
    }
  }

  private recordKeyUse(keyId: string, at: number): void {
    // ISO texts of the same length, in UTC, compare as their times do.
    const sql = `update apikey set lastRequest = ?1 where id = ?2 and (lastRequest is null or lastRequest < ?1
      or lastRequest > strftime('%Y-%m-%dT%H:%M:%fZ'))`;
    this.run(sql, dateText(at), keyId);
  }

  private recordStop(executorId: string, at: number): void {
    const sql = `update executor set stoppedAt = ?2
      where id = ?1 and (stoppedAt is null or stoppedAt <= ?2 or stoppedAt > ${NOW_MS})`;
    this.run(sql, executorId, at);
  }

  private recordRefusal({ executorId, refusal }: Extract<Activity, { kind: "refused" }>): void {
    const sql = `update executor set lastRefusal = ?2, refusedAt = ?3
      where id = ?1 and (refusedAt is null or refusedAt <= ?3 or refusedAt > ${NOW_MS})`;
    this.run(sql, executorId, JSON.stringify(refusal), refusal.at);
    const { reason: cause, key, address, at } = refusal;
    this.transitions.record(executorId, [{ kind: "refused", at, cause, address, key }]);
  }

  private recordKeyRefusal({ keyId, refusal }: Extract<Activity, { kind: "key-refused" }>): void {
    this.transitions.recordRefused(keyId, refusal);
    const { reason, message, address, executorId, at } = refusal;
    const sql = `insert into keyRefusal (keyId, reason, message, address, executorId, at)
      select id, ?2, ?3, ?4, ?5, ?6 from apikey where id = ?1
      on conflict (keyId) do update set reason = excluded.reason, message = excluded.message,
        address = excluded.address, executorId = excluded.executorId, at = excluded.at
        where at <= excluded.at or at > ${NOW_MS}`;
    this.run(sql, keyId, reason, message, address, executorId, at);
  }

  private recordSync(sync: Extract<Activity, { kind: "synced" }>): void {
    const { executorId, key, at } = sync;
    const heartbeat = `update executor set version = ?, channel = ?, hostName = ?, publicHost = ?, capabilities = ?,
      resources = ?, lastSyncAt = ? where id = ? 
      and (lastSyncAt is null or lastSyncAt <= ? or lastSyncAt > ${NOW_MS})`;
    this.run(heartbeat, ...declarationValues(sync.declaration), at, executorId, at);
    const usage = `insert into executorKeyUsage
      (executorId, executorName, keyId, keyName, keyFingerprint, firstUsedAt, lastUsedAt, address)
      select id, name, ?2, ?3, ?4, ?5, ?5, ?6 from executor where id = ?1
      on conflict (executorId, keyId) do update set lastUsedAt = excluded.lastUsedAt, address = excluded.address
        where lastUsedAt < excluded.lastUsedAt or lastUsedAt > ${NOW_MS}`;
    this.run(usage, executorId, key.id, key.name, key.fingerprint, at, sync.address);
  }
}
