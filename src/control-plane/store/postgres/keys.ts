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
import { AskedTogether } from "./connection/asked-together.ts";
import { PostgresStatements, type Runner } from "./connection/statements.ts";
import { KEY_COLUMNS, KEY_JOINS, KEY_USED, newestUses, PostgresKeyList } from "./lists/key-list.ts";

const IS_KEY = "k.\"configId\" = 'executor'";
/** As `KEY`, without the last use: every sync asks for it. */
const PRESENTED = `select ${KEY_COLUMNS} from apikey k ${KEY_JOINS} where ${IS_KEY} and k.key = $1`;
const KEY = `select ${KEY_COLUMNS}, k.ordinal, ${KEY_USED} as "lastRequest" from apikey k ${KEY_JOINS}
  left join "keyUse" u on u."keyId" = k.id where ${IS_KEY}`;
/** The heartbeat has the last use of the key that an executor is on. */
const LAST_USE = `greatest(u."lastUsedAt", h."lastSyncAt") as "lastUsedAt",
  case when h."lastSyncAt" > u."lastUsedAt" then h.address else u.address end as address`;
const HEARTBEAT = `left join heartbeat h on h."executorId" = u."executorId" and h."keyId" = u."keyId"`;
/** Executors are looked up last, for those few that are shown. */
const lastUses = (condition: string) => `select l.*, x.id as "existingExecutor" from (
    select u."executorId", u."executorName", u."firstUsedAt", ${LAST_USE}
    from ${newestUses(`s."keyId" = asked.id ${condition}`, "$2")} u ${HEARTBEAT} order by "lastUsedAt" desc limit $2) l
  left join executor x on x.id = l."executorId"`;
const USES = lastUses("");
const USES_BEFORE = lastUses(
  `and not exists (select 1 from executor b where b."keyId" = asked.id and b.id = s."executorId")`,
);
const USES_NOW = `select u."executorId", u."executorName", u."firstUsedAt", ${LAST_USE}, u."existingExecutor", u.name
  from (select u.*, x.id as "existingExecutor", x.name from executor x
    join "executorKeyUsage" u on u."executorId" = x.id and u."keyId" = x."keyId"
    where x."keyId" = asked.id order by x.name limit $2) u ${HEARTBEAT}`;
const LAST_USE_FIRST = 'found."lastUsedAt" desc';
/** A key that was never rotated may have no row of its own beside it. */
const LINEAGE_OF_ASKED = `coalesce((select "lineageId" from "executorKey" where "keyId" = asked.id), asked.id)`;

export class PostgresKeyReader extends PostgresStatements implements KeyReader {
  private readonly lists: PostgresKeyList;
  private readonly lookups: PostgresKeyLookups;
  private readonly together: AskedTogether;

  /** `hot` answers what every sync asks. */
  constructor(runner: Runner, hot: Runner = runner) {
    super(runner);
    this.lists = new PostgresKeyList(runner);
    this.lookups = new PostgresKeyLookups(hot);
    this.together = new AskedTogether(runner);
  }

  byHash(hash: string): Promise<PresentedKey | undefined> {
    return this.lookups.byHash(hash);
  }

  hasSuccessor(key: Pick<PresentedKey, "id" | "lineageId">): Promise<boolean> {
    return this.lookups.hasSuccessor(key);
  }

  async any(): Promise<boolean> {
    return (await this.get("select id from apikey limit 1")) !== undefined;
  }

  async byId(id: string): Promise<KeyRecord | undefined> {
    return mapped(await this.together.one(`${KEY} and k.id = asked.id`, id), records.key);
  }

  list(organizationId: string, page: KeyPage): Promise<readonly KeyRecord[]> {
    return this.lists.page(organizationId, page);
  }

  count(organizationId: string, filter: KeyFilter, moment: ListMoment): Promise<number> {
    return this.lists.count(organizationId, filter, moment);
  }

  health(organizationId: string, moment: ListMoment): Promise<KeyHealth> {
    return this.lists.health(organizationId, moment);
  }

  async newestOfLineage(lineageId: string): Promise<KeyRecord | undefined> {
    const [newest] = await this.lineage(lineageId, 1);
    return newest;
  }

  async neighbours({ id }: Pick<KeyRecord, "id">): Promise<KeyNeighbours> {
    const next = (comparison: "<" | ">", direction: "asc" | "desc") =>
      this.together.one(
        `${KEY} and e."lineageId" = ${LINEAGE_OF_ASKED} and (k."createdAt", k.ordinal) ${comparison} (
          select "createdAt", ordinal from apikey where id = asked.id)
        order by k."createdAt" ${direction}, k.ordinal ${direction} limit 1`,
        id,
      );
    const [successor, predecessor] = await Promise.all([next(">", "asc"), next("<", "desc")]);
    return { successor: mapped(successor, records.key), predecessor: mapped(predecessor, records.key) };
  }

  async lineage(lineageId: string, limit: number): Promise<readonly KeyRecord[]> {
    const sql = `${KEY} and e."lineageId" = asked.id order by k."createdAt" desc, k.ordinal desc limit $2`;
    const order = 'found."createdAt" desc, found.ordinal desc';
    const rows = await this.together.rows(sql, order, lineageId, limit);
    return rows.map(records.key);
  }

  async ofExecutor(executorId: string, now: number): Promise<readonly KeyRecord[]> {
    // Filtered here and not by the caller: a lineage may have more revoked keys than the limit, and
    // the working one is among its newest.
    const sql = `${KEY} and k.id in (
        select "keyId" from "executorKey" where "targetExecutorId" = asked.id
        union select s."keyId" from executor x join "executorKey" s on s."lineageId" = x."lineageId"
          where x.id = asked.id and not exists (
            select 1 from executor y where y."lineageId" = x."lineageId" and y.id <> asked.id)
        union select x."keyId" from executor x
          where x.id = asked.id and not exists (select 1 from "executorKey" s where s."keyId" = x."keyId")
            and not exists (select 1 from executor y where y."keyId" = x."keyId" and y.id <> asked.id))
      and k.enabled is not false and e."revokedAt" is null and (e."revokesAt" is null or e."revokesAt" > $2)
      order by k."createdAt", k.ordinal limit 100`;
    const order = 'found."createdAt", found.ordinal';
    const rows = await this.together.rows(sql, order, executorId, now);
    return rows.map(records.key);
  }

  async uses(keyId: string, limit: number): Promise<readonly KeyUse[]> {
    const rows = await this.together.rows(USES, LAST_USE_FIRST, keyId, limit);
    return rows.map(records.keyUse);
  }

  async usesNow(keyId: string, limit: number): Promise<readonly KeyUse[]> {
    const rows = await this.together.rows(USES_NOW, "found.name", keyId, limit);
    return rows.map(records.keyUse);
  }

  async usesBefore(keyId: string, limit: number): Promise<readonly KeyUse[]> {
    const rows = await this.together.rows(USES_BEFORE, LAST_USE_FIRST, keyId, limit);
    return rows.map(records.keyUse);
  }

  async boundCount(keyId: string): Promise<number> {
    const sql = `select count(*) as count from executor where "keyId" = asked.id`;
    const row = await this.together.one(sql, keyId);
    return row === undefined ? 0 : integer(row, "count");
  }

  async useCount(keyId: string): Promise<number> {
    const sql = `select count(*) as count from "executorKeyUsage" where "keyId" = asked.id`;
    const row = await this.together.one(sql, keyId);
    return row === undefined ? 0 : integer(row, "count");
  }

  async refusal(keyId: string): Promise<KeyRefusal | undefined> {
    const sql = `select reason, message, address, "executorId" as "refusedExecutorId", at as "keyRefusedAt"
      from "keyRefusal" where "keyId" = asked.id`;
    return mapped(await this.together.one(sql, keyId), records.keyRefusal);
  }
}

class PostgresKeyLookups extends PostgresStatements {
  async byHash(hash: string): Promise<PresentedKey | undefined> {
    return mapped(await this.get(PRESENTED, hash), records.key);
  }

  async hasSuccessor({ id, lineageId }: Pick<PresentedKey, "id" | "lineageId">): Promise<boolean> {
    const sql = `select 1 from "executorKey" s join apikey k on k.id = s."keyId"
      where s."lineageId" = $1
        and (k."createdAt", k.ordinal) > (select "createdAt", ordinal from apikey where id = $2) limit 1`;
    return (await this.get(sql, lineageId, id)) !== undefined;
  }
}

export class PostgresKeyWriter extends PostgresKeyReader implements KeyWriter {
  async insert(key: NewKey): Promise<void> {
    const createdAt = dateText(key.createdAt);
    const { id, name, start, organizationId, hash } = key;
    // rateLimitEnabled is off because better-auth's default is ten requests a day.
    const sql = `insert into apikey (id, "configId", name, start, "referenceId", prefix, key, enabled, "rateLimitEnabled",
      "requestCount", "expiresAt", "createdAt", "updatedAt")
      values ($1, 'executor', $2, $3, $4, 'exc_', $5, true, false, 0, $6, $7, $7)`;
    await this.run(sql, id, name, start, organizationId, hash, dateText(key.expiresAt), createdAt);
    const side = `insert into "executorKey" ("keyId", "lineageId", "targetExecutorId", "targetName")
      values ($1, $2, $3, $4)`;
    await this.run(side, id, key.lineageId, key.target?.id ?? null, key.target?.name ?? null);
  }

  async revoke(id: string, at: number): Promise<void> {
    await this.run(`update apikey set enabled = false, "updatedAt" = $1 where id = $2`, dateText(at), id);
    const sql = `insert into "executorKey" ("keyId", "lineageId", "revokedAt") values ($1, $1, $2)
      on conflict ("keyId") do update set "revokedAt" = excluded."revokedAt"`;
    await this.run(sql, id, at);
  }

  async endAt(id: string, revokesAt: number, at: number): Promise<void> {
    await this.run(`update apikey set "updatedAt" = $1 where id = $2`, dateText(at), id);
    const sql = `insert into "executorKey" ("keyId", "lineageId", "revokesAt") values ($1, $1, $2)
      on conflict ("keyId") do update set "revokesAt" = excluded."revokesAt"`;
    await this.run(sql, id, revokesAt);
  }

  async delete(id: string): Promise<void> {
    await this.run("delete from apikey where id = $1", id);
  }
}
