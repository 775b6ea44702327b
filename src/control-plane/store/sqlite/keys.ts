import type { DatabaseSync } from "node:sqlite";
import type {
  KeyNeighbours,
  KeyReader,
  KeyRecord,
  KeyRefusal,
  KeyUse,
  KeyWriter,
  NewKey,
  PresentedKey,
} from "../contract/keys.ts";
import type { KeyFilter, KeyHealth, KeyPage, ListMoment } from "../contract/lists.ts";
import * as records from "../rows/records.ts";
import { dateText, integer, mapped } from "../rows/row.ts";
import { keysFrom, SqliteKeyList } from "./lists/key-list.ts";
import { SqliteStatements } from "./rows/statements.ts";

const KEY = `${keysFrom("apikey k join")} where k.configId = 'executor'`;
// A constant, since prepared statements are found by their text.
const KEY_BY_HASH = `${KEY} and k.key = ?`;
const USE_COLUMNS = `
  select u.executorId, u.executorName, u.firstUsedAt, u.lastUsedAt, u.address, x.id as existingExecutor`;
const USE = `${USE_COLUMNS} from executorKeyUsage u`;

export class SqliteKeyReader extends SqliteStatements implements KeyReader {
  private readonly lists: SqliteKeyList;

  constructor(database: DatabaseSync) {
    super(database);
    this.lists = new SqliteKeyList(database);
  }

  async any(): Promise<boolean> {
    return this.get("select id from apikey limit 1") !== undefined;
  }

  async byHash(hash: string): Promise<PresentedKey | undefined> {
    return mapped(this.get(KEY_BY_HASH, hash), records.key);
  }

  async hasSuccessor({ id, lineageId }: Pick<PresentedKey, "id" | "lineageId">): Promise<boolean> {
    const sql = `select 1 from executorKey s join apikey k on k.id = s.keyId
      where s.lineageId = ? and (k.createdAt, k.rowid) > (select createdAt, rowid from apikey where id = ?) limit 1`;
    return this.get(sql, lineageId, id) !== undefined;
  }

  async byId(id: string): Promise<KeyRecord | undefined> {
    return mapped(this.get(`${KEY} and k.id = ?`, id), records.key);
  }

  async list(organizationId: string, page: KeyPage): Promise<readonly KeyRecord[]> {
    return this.lists.page(organizationId, page);
  }

  async count(organizationId: string, filter: KeyFilter, moment: ListMoment): Promise<number> {
    return this.lists.count(organizationId, filter, moment);
  }

  async health(organizationId: string, moment: ListMoment): Promise<KeyHealth> {
    return this.lists.health(organizationId, moment);
  }

  async newestOfLineage(lineageId: string): Promise<KeyRecord | undefined> {
    const sql = `${KEY} and e.lineageId = ? order by k.createdAt desc, k.rowid desc limit 1`;
    return mapped(this.get(sql, lineageId), records.key);
  }

  async neighbours({ id, lineageId }: Pick<KeyRecord, "id" | "lineageId">): Promise<KeyNeighbours> {
    const next = (comparison: "<" | ">", direction: "asc" | "desc") =>
      this.get(
        `${KEY} and e.lineageId = ? and (k.createdAt, k.rowid) ${comparison} (
          select createdAt, rowid from apikey where id = ?)
        order by k.createdAt ${direction}, k.rowid ${direction} limit 1`,
        lineageId,
        id,
      );
    return {
      successor: mapped(next(">", "asc"), records.key),
      predecessor: mapped(next("<", "desc"), records.key),
    };
  }

  async lineage(lineageId: string, limit: number): Promise<readonly KeyRecord[]> {
    const sql = `${KEY} and e.lineageId = ? order by k.createdAt desc, k.rowid desc limit ?`;
    return this.all(sql, lineageId, limit).map(records.key);
  }

  async ofExecutor(executorId: string, now: number): Promise<readonly KeyRecord[]> {
    // Filtered here and not by the caller: a lineage may have more revoked keys than the limit, and
    // the working one is among its newest.
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

  async uses(keyId: string, limit: number): Promise<readonly KeyUse[]> {
    const sql = `${USE} left join executor x on x.id = u.executorId
      where u.keyId = ? order by u.lastUsedAt desc limit ?`;
    return this.all(sql, keyId, limit).map(records.keyUse);
  }

  async usesNow(keyId: string, limit: number): Promise<readonly KeyUse[]> {
    const sql = `${USE_COLUMNS} from executor x indexed by executor_bound
      cross join executorKeyUsage u on u.executorId = x.id and u.keyId = x.keyId
      where x.keyId = ? order by x.name limit ?`;
    return this.all(sql, keyId, limit).map(records.keyUse);
  }

  async usesBefore(keyId: string, limit: number): Promise<readonly KeyUse[]> {
    const sql = `${USE} left join executor x on x.id = u.executorId
      where u.keyId = ? and x.keyId is not u.keyId order by u.lastUsedAt desc limit ?`;
    return this.all(sql, keyId, limit).map(records.keyUse);
  }

  async boundCount(keyId: string): Promise<number> {
    const row = this.get("select count(*) as count from executor where keyId = ?", keyId);
    return row === undefined ? 0 : integer(row, "count");
  }

  async useCount(keyId: string): Promise<number> {
    const row = this.get("select count(*) as count from executorKeyUsage where keyId = ?", keyId);
    return row === undefined ? 0 : integer(row, "count");
  }

  async refusal(keyId: string): Promise<KeyRefusal | undefined> {
    const sql = `select reason, message, address, executorId as refusedExecutorId, at as keyRefusedAt
      from keyRefusal where keyId = ?`;
    return mapped(this.get(sql, keyId), records.keyRefusal);
  }
}

export class SqliteKeyWriter extends SqliteKeyReader implements KeyWriter {
  async insert(key: NewKey): Promise<void> {
    const createdAt = dateText(key.createdAt);
    const { id, name, start, organizationId, hash } = key;
    // rateLimitEnabled is off because better-auth's default is ten requests a day.
    const sql = `insert into apikey (id, configId, name, start, referenceId, prefix, key, enabled, rateLimitEnabled,
      requestCount, expiresAt, createdAt, updatedAt) values (?, 'executor', ?, ?, ?, 'exc_', ?, 1, 0, 0, ?, ?, ?)`;
    this.run(sql, id, name, start, organizationId, hash, dateText(key.expiresAt), createdAt, createdAt);
    const side =
      "insert into executorKey (keyId, lineageId, targetExecutorId, targetName) values (?, ?, ?, ?)";
    this.run(side, id, key.lineageId, key.target?.id ?? null, key.target?.name ?? null);
  }

  async revoke(id: string, at: number): Promise<void> {
    this.run("update apikey set enabled = 0, updatedAt = ? where id = ?", dateText(at), id);
    const sql = `insert into executorKey (keyId, lineageId, revokedAt) values (?1, ?1, ?2)
      on conflict (keyId) do update set revokedAt = excluded.revokedAt`;
    this.run(sql, id, at);
  }

  async endAt(id: string, revokesAt: number, at: number): Promise<void> {
    this.run("update apikey set updatedAt = ? where id = ?", dateText(at), id);
    const sql = `insert into executorKey (keyId, lineageId, revokesAt) values (?1, ?1, ?2)
      on conflict (keyId) do update set revokesAt = excluded.revokesAt`;
    this.run(sql, id, revokesAt);
  }

  async delete(id: string): Promise<void> {
    this.run("delete from apikey where id = ?", id);
  }
}
