import type { DatabaseSync } from "node:sqlite";
import type { Activity, ActivityRecorder } from "../contract/activity.ts";
import { declarationValues } from "./executors.ts";
import { SqliteNodeReports } from "./node-reports.ts";
import { dateText } from "./rows/row.ts";
import { SqliteStatements } from "./rows/statements.ts";

/** The wall clock in epoch milliseconds, when the statement runs. */
const NOW_MS = "cast(unixepoch('subsec') * 1000 as integer)";

/**
 * Writes what syncs leave behind. A later time that is stored already stays, since another control
 * plane on this database may be ahead of us. One in the future gives way: it was stored before the
 * wall clock was set back.
 */
export class SqliteActivityRecorder extends SqliteStatements implements ActivityRecorder {
  private readonly nodeReports: SqliteNodeReports;

  constructor(database: DatabaseSync) {
    super(database);
    this.nodeReports = new SqliteNodeReports(database);
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

  private recordRefusal({ executorId, refusal }: Extract<Activity, { kind: "refused" }>): void {
    this.run("update executor set lastRefusal = ? where id = ?", JSON.stringify(refusal), executorId);
  }

  private recordSync(sync: Extract<Activity, { kind: "synced" }>): void {
    const { executorId, key, at } = sync;
    const heartbeat = `update executor set version = ?, channel = ?, hostName = ?, publicHost = ?, capabilities = ?,
      resources = ?, lastSyncAt = ? where id = ? 
      and (lastSyncAt is null or lastSyncAt <= ? or lastSyncAt > ${NOW_MS})`;
    this.run(heartbeat, ...declarationValues(sync.declaration), at, executorId, at);
    const usage = `insert into executorKeyUsage
      (executorId, executorName, keyId, keyName, keyFingerprint, firstUsedAt, lastUsedAt)
      select id, name, ?2, ?3, ?4, ?5, ?5 from executor where id = ?1
      on conflict (executorId, keyId) do update set lastUsedAt = excluded.lastUsedAt
        where lastUsedAt < excluded.lastUsedAt or lastUsedAt > ${NOW_MS}`;
    this.run(usage, executorId, key.id, key.name, key.fingerprint, at);
  }
}
