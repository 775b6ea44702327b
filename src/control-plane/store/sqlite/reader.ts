import type { DatabaseSync } from "node:sqlite";
import type { PeopleReader } from "../contract/people-store.ts";
import type { SignInDeviceReader } from "../contract/sign-in-devices.ts";
import type {
  AuditEvent,
  AuditPage,
  BoundExecutor,
  ExecutorKeyUse,
  ExecutorRecord,
  ExecutorReference,
  KeyRecord,
  KeyUse,
  LineageUse,
  Organization,
  PresentedKey,
  SearchPage,
  StoreReader,
} from "../contract/store.ts";
import { SqliteAuditLog } from "./audit-log.ts";
import * as records from "./rows/records.ts";
import { integer, mapped } from "./rows/row.ts";
import { SqliteStatements } from "./rows/statements.ts";

const keysFrom = (apikeyJoined: string) => `
  select k.id, k.name, k.key, k.createdAt, k.expiresAt, k.lastRequest, k.enabled,
    o.id as organizationId, o.name as organizationName, o.slug as organizationSlug,
    e.revokedAt, e.revokesAt, e.lineageId, e.targetExecutorId as targetId, e.targetName, t.id as existingTarget
  from ${apikeyJoined} organization o on o.id = k.referenceId
  left join executorKey e on e.keyId = k.id left join executor t on t.id = e.targetExecutorId
  where k.configId = 'executor'`;
const KEY = keysFrom("apikey k join");
// Put together once: a statement is found by its text.
const KEY_BY_HASH = `${KEY} and k.key = ?`;
/** Index and order are named, since statistics of one large organization would advise against them, and to sort all its keys. */
const LISTED_KEY = keysFrom("apikey k indexed by apikey_list cross join");

const EXECUTOR = `
  select x.*, k.name as keyName, k.key as keyHash from executor x left join apikey k on k.id = x.keyId`;

/** Reads through one connection. */
export abstract class SqliteReader extends SqliteStatements implements StoreReader {
  abstract readonly people: PeopleReader;
  abstract readonly devices: SignInDeviceReader;
  private readonly auditLog: SqliteAuditLog;

  constructor(database: DatabaseSync) {
    super(database);
    this.auditLog = new SqliteAuditLog(database);
  }

  async organizations(limit: number): Promise<readonly Organization[]> {
    return this.all("select id, name, slug from organization order by slug limit ?", limit).map(
      records.organization,
    );
  }

  async organization(reference: string): Promise<Organization | undefined> {
    const sql =
      "select id, name, slug from organization where id = ?1 or slug = ?1 order by id = ?1 desc limit 1";
    return mapped(this.get(sql, reference), records.organization);
  }

  async keyByHash(hash: string): Promise<PresentedKey | undefined> {
    return mapped(this.get(KEY_BY_HASH, hash), records.key);
  }

  async key(id: string): Promise<KeyRecord | undefined> {
    return mapped(this.get(`${KEY} and k.id = ?`, id), records.key);
  }

  async keys(organizationId: string, page: SearchPage): Promise<readonly KeyRecord[]> {
    const { before, limit, search } = page;
    const sql = `${LISTED_KEY} and k.referenceId = ?1
      and (?2 is null or (k.createdAt, k.rowid) < (
        select createdAt, rowid from apikey where id = ?2 and referenceId = ?1 and configId = 'executor'))
      and (?4 is null or instr(lower(k.name), lower(?4)) > 0 or substr(k.id, 1, length(?4)) = ?4
        or substr(fingerprint(k.key), 1, length(?4)) = lower(?4))
      order by k.createdAt desc, k.rowid desc limit ?3`;
    return this.all(sql, organizationId, before, limit, search).map(records.key);
  }

  async newestOfLineage(lineageId: string): Promise<KeyRecord | undefined> {
    const sql = `${KEY} and e.lineageId = ? order by k.createdAt desc, k.rowid desc limit 1`;
    return mapped(this.get(sql, lineageId), records.key);
  }

  async keyUses(keyId: string, limit: number): Promise<readonly KeyUse[]> {
    const sql = `select u.executorId, u.executorName, u.firstUsedAt, u.lastUsedAt, x.id as existingExecutor
      from executorKeyUsage u left join executor x on x.id = u.executorId
      where u.keyId = ? order by u.lastUsedAt desc limit ?`;
    return this.all(sql, keyId, limit).map(records.keyUse);
  }

  async keyUseCount(keyId: string): Promise<number> {
    const row = this.get("select count(*) as count from executorKeyUsage where keyId = ?", keyId);
    return row === undefined ? 0 : integer(row, "count");
  }

  async executorByName(organizationId: string, name: string): Promise<ExecutorRecord | undefined> {
    const sql = `${EXECUTOR} where x.organizationId = ? and x.name = ?`;
    return mapped(this.get(sql, organizationId, name), records.executor);
  }

  async boundExecutor(organizationId: string, name: string): Promise<BoundExecutor | undefined> {
    const sql = "select id, name, kind, keyId, lineageId from executor where organizationId = ? and name = ?";
    return mapped(this.get(sql, organizationId, name), records.boundExecutor);
  }

  async executor(organizationId: string, id: string): Promise<ExecutorRecord | undefined> {
    const sql = `${EXECUTOR} where x.organizationId = ? and x.id = ?`;
    return mapped(this.get(sql, organizationId, id), records.executor);
  }

  async executorById(id: string): Promise<ExecutorRecord | undefined> {
    return mapped(this.get(`${EXECUTOR} where x.id = ?`, id), records.executor);
  }

  async executors(organizationId: string, page: SearchPage): Promise<readonly ExecutorRecord[]> {
    const { before, limit, search } = page;
    const sql = `${EXECUTOR} where x.organizationId = ?1
      and (?2 is null or x.rowid < (
        select rowid from executor where id = ?2 and organizationId = ?1))
      and (?4 is null or instr(lower(x.name), lower(?4)) > 0 or substr(x.id, 1, length(?4)) = ?4) order by x.rowid desc limit ?3`;
    return this.all(sql, organizationId, before, limit, search).map(records.executor);
  }

  async executorsSyncedSince(sinceMs: number): Promise<readonly ExecutorRecord[]> {
    return this.all(`${EXECUTOR} where x.lastSyncAt >= ?`, sinceMs).map(records.executor);
  }

  async keysOfExecutor(executorId: string, now: number): Promise<readonly KeyRecord[]> {
    // Revoked ones are left out here: a lineage has many of them, and one that works among the
    // newest.
    const sql = `${KEY} and k.id in (
        select keyId from executorKey where targetExecutorId = ?1
        union select s.keyId from executor x join executorKey s on s.lineageId = x.lineageId
          where x.id = ?1 and not exists (select 1 from executor y where y.lineageId = x.lineageId and y.id <> ?1)
        union select x.keyId from executor x
          where x.id = ?1 and not exists (select 1 from executorKey s where s.keyId = x.keyId)
            and not exists (select 1 from executor y where y.keyId = x.keyId and y.id <> ?1))
      and k.enabled is not 0 and e.revokedAt is null and (e.revokesAt is null or e.revokesAt > ?2)
      order by k.createdAt, k.rowid limit 100`;
    return this.all(sql, executorId, now).map(records.key);
  }

  async lineageUse(lineageId: string, executorId: string): Promise<LineageUse> {
    const bound = "select id, name from executor where lineageId = ? and id <> ? limit 1";
    const target = `select targetExecutorId as id, targetName as name from executorKey
      where lineageId = ? and targetExecutorId is not null limit 1`;
    return {
      executor: mapped(this.get(bound, lineageId, executorId), records.executorReference),
      target: mapped(this.get(target, lineageId), records.executorReference),
    };
  }

  async enrolledCount(lineageId: string): Promise<number> {
    const row = this.get("select count(*) as count from executor where enrolledBy = ?", lineageId);
    return row === undefined ? 0 : integer(row, "count");
  }

  async executorKeyUses(executorId: string, limit: number): Promise<readonly ExecutorKeyUse[]> {
    const sql = "select * from executorKeyUsage where executorId = ? order by lastUsedAt desc limit ?";
    return this.all(sql, executorId, limit).map(records.executorKeyUse);
  }

  async executorsOn(keyId: string, limit: number): Promise<readonly ExecutorReference[]> {
    const sql = "select id, name from executor where keyId = ? order by name limit ?";
    return this.all(sql, keyId, limit).map(records.executorReference);
  }

  async auditEvents(organizationId: string, page: AuditPage): Promise<readonly AuditEvent[]> {
    return this.auditLog.events(organizationId, page);
  }
}
