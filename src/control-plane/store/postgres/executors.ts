import {
  type BoundExecutor,
  type ExecutorKeyUse,
  type ExecutorReader,
  type ExecutorRecord,
  type ExecutorTransition,
  type ExecutorWriter,
  type InstanceElsewhere,
  type LineageUse,
  MAX_TRANSITIONS,
  type NewExecutor,
  type Whereabouts,
} from "../contract/executors.ts";
import type { KeyRecord } from "../contract/keys.ts";
import type {
  ExecutorFilter,
  ExecutorHealth,
  ExecutorPage,
  ListMoment,
  VersionCount,
} from "../contract/lists.ts";
import type { ExecutorReference } from "../contract/references.ts";
import * as records from "../rows/records.ts";
import { integer, mapped } from "../rows/row.ts";
import { AskedTogether } from "./connection/asked-together.ts";
import { PostgresStatements, type Runner } from "./connection/statements.ts";
import { LAST_MOVE } from "./history/transitions.ts";
import { EXECUTOR, PostgresExecutorList } from "./lists/executor-list.ts";

const BOUND = `select id, name, kind, "keyId", "lineageId" from executor where "organizationId" = $1 and name = $2`;

export class PostgresExecutorReader extends PostgresStatements implements ExecutorReader {
  private readonly lists: PostgresExecutorList;
  private readonly hot: Runner;
  private readonly together: AskedTogether;

  /** `hot` answers what every sync asks. */
  constructor(runner: Runner, hot: Runner = runner) {
    super(runner);
    this.hot = hot;
    this.together = new AskedTogether(runner);
    this.lists = new PostgresExecutorList(runner);
  }

  async bound(organizationId: string, name: string): Promise<BoundExecutor | undefined> {
    const { rows } = await this.hot.query(BOUND, [organizationId, name], "bound");
    return mapped(rows[0], records.boundExecutor);
  }

  async byId(id: string): Promise<ExecutorRecord | undefined> {
    return mapped(await this.together.one(`${EXECUTOR} where x.id = asked.id`, id), records.executor);
  }

  async inOrganization(organizationId: string, id: string): Promise<ExecutorRecord | undefined> {
    const sql = `${EXECUTOR} where x."organizationId" = $1 and x.id = $2`;
    return mapped(await this.get(sql, organizationId, id), records.executor);
  }

  async byName(organizationId: string, name: string): Promise<ExecutorRecord | undefined> {
    const sql = `${EXECUTOR} where x."organizationId" = $1 and x.name = $2`;
    return mapped(await this.get(sql, organizationId, name), records.executor);
  }

  list(organizationId: string, page: ExecutorPage): Promise<readonly ExecutorRecord[]> {
    return this.lists.page(organizationId, page);
  }

  count(organizationId: string, filter: ExecutorFilter, moment: ListMoment): Promise<number> {
    return this.lists.count(organizationId, filter, moment);
  }

  health(organizationId: string, moment: ListMoment): Promise<ExecutorHealth> {
    return this.lists.health(organizationId, moment);
  }

  versions(organizationId: string): Promise<readonly VersionCount[]> {
    return this.lists.versions(organizationId);
  }

  async syncedSince(sinceMs: number): Promise<readonly ExecutorRecord[]> {
    const rows = await this.all(`${EXECUTOR} where coalesce(h."lastSyncAt", 0) >= $1`, sinceMs);
    return rows.map(records.executor);
  }

  async whereabouts(ids: readonly string[]): Promise<readonly Whereabouts[]> {
    const sql = `select x.id, h."lastSyncAt", (${LAST_MOVE}) as kind from executor x
      left join heartbeat h on h."executorId" = x.id where x.id = any($1::text[])`;
    return (await this.all(sql, ids)).map(records.whereabouts);
  }

  async lastTwoInstances(sinceMs: number): Promise<readonly InstanceElsewhere[]> {
    // Of two that sync in turns, one is in the heartbeat and the other one is its former. One look
    // at all heartbeats costs less than one for each executor, by its id.
    const sql = `select h."executorId", i."instanceId", i."hostName", i.address, i.process, i."lastSyncAt"
      from heartbeat h cross join lateral (
        select h."instanceId", h."hostName", h.address, h.process, h."lastSyncAt"
        union all select f.* from jsonb_to_record(h.former::jsonb)
          as f ("instanceId" text, "hostName" text, address text, process text, "lastSyncAt" bigint)) i
      where h.former is not null and (h.former::jsonb ->> 'lastSyncAt')::bigint > $1
      order by i."lastSyncAt"`;
    return (await this.all(sql, sinceMs)).map(records.instanceElsewhere);
  }

  async onKey(keyId: string, limit: number): Promise<readonly ExecutorReference[]> {
    const sql = `select id, name from executor where "keyId" = asked.id order by name limit $2`;
    const rows = await this.together.rows(sql, "found.name", keyId, limit);
    return rows.map(records.executorReference);
  }

  async keyUses(executorId: string, limit: number): Promise<readonly ExecutorKeyUse[]> {
    const sql = `select u."keyId", u."keyName", u."keyFingerprint", u."firstUsedAt",
        greatest(u."lastUsedAt", h."lastSyncAt") as "lastUsedAt",
        case when h."lastSyncAt" > u."lastUsedAt" then h.address else u.address end as address
      from "executorKeyUsage" u left join heartbeat h on h."executorId" = u."executorId" and h."keyId" = u."keyId"
      where u."executorId" = asked.id order by "lastUsedAt" desc limit $2`;
    const rows = await this.together.rows(sql, 'found."lastUsedAt" desc', executorId, limit);
    return rows.map(records.executorKeyUse);
  }

  async transitions(executorId: string): Promise<readonly ExecutorTransition[]> {
    const sql = `select at, kind, cause, "keyId", "keyName", "keyFingerprint", address
      from "executorTransition" where "executorId" = asked.id
      order by at desc, kind desc limit ${MAX_TRANSITIONS}`;
    const rows = await this.together.rows(sql, "found.at desc, found.kind desc", executorId);
    return rows.map(records.transition);
  }

  async lineageUse(lineageId: string, executorId: string): Promise<LineageUse> {
    const bound = `select id, name from executor where "lineageId" = $1 and id <> $2 limit 1`;
    const target = `select "targetExecutorId" as id, "targetName" as name from "executorKey"
      where "lineageId" = $1 and "targetExecutorId" is not null limit 1`;
    const [executor, aim] = await Promise.all([
      this.get(bound, lineageId, executorId),
      this.get(target, lineageId),
    ]);
    return {
      executor: mapped(executor, records.executorReference),
      target: mapped(aim, records.executorReference),
    };
  }

  async enrolledCount(lineageId: string): Promise<number> {
    const row = await this.get(`select count(*) as count from executor where "enrolledBy" = $1`, lineageId);
    return row === undefined ? 0 : integer(row, "count");
  }
}

export class PostgresExecutorWriter extends PostgresExecutorReader implements ExecutorWriter {
  async insert(executor: NewExecutor): Promise<void> {
    const { id, organizationId, name, kind, createdAt, enrolledBy } = executor;
    const sql = `insert into executor (id, "organizationId", name, kind, "createdAt", "enrolledBy")
      values ($1, $2, $3, $4, $5, $6)`;
    await this.run(sql, id, organizationId, name, kind, createdAt, enrolledBy);
    const { version, channel, hostName, publicHost, capabilities, resources } = executor;
    const declared = `insert into heartbeat
      ("executorId", version, channel, "hostName", "publicHost", capabilities, resources)
      values ($1, $2, $3, $4, $5, $6, $7)`;
    await this.run(declared, id, version, channel, hostName, publicHost, capabilities, resources);
  }

  async bind(executorId: string, key: Pick<KeyRecord, "id" | "lineageId">, kind: string): Promise<void> {
    const sql = `update executor set "keyId" = $1, "lineageId" = $2, kind = $3 where id = $4`;
    await this.run(sql, key.id, key.lineageId, kind, executorId);
  }

  async delete(id: string): Promise<void> {
    // The history outlives the heartbeat, which has the last use of the present key.
    const uses = `update "executorKeyUsage" u set "lastUsedAt" = h."lastSyncAt", address = h.address from heartbeat h
      where h."executorId" = $1 and u."executorId" = h."executorId" and u."keyId" = h."keyId"
        and u."lastUsedAt" < h."lastSyncAt"`;
    await this.run(uses, id);
    await this.run("delete from executor where id = $1", id);
  }
}
