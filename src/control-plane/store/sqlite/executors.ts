import type { DatabaseSync } from "node:sqlite";
import {
  type BoundExecutor,
  type ExecutorDeclaration,
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
import { LAST_MOVE } from "./history/transitions.ts";
import { EXECUTOR, SqliteExecutorList } from "./lists/executor-list.ts";
import { SqliteStatements } from "./rows/statements.ts";

export class SqliteExecutorReader extends SqliteStatements implements ExecutorReader {
  private readonly lists: SqliteExecutorList;

  constructor(database: DatabaseSync) {
    super(database);
    this.lists = new SqliteExecutorList(database);
  }

  async bound(organizationId: string, name: string): Promise<BoundExecutor | undefined> {
    const sql = "select id, name, kind, keyId, lineageId from executor where organizationId = ? and name = ?";
    return mapped(this.get(sql, organizationId, name), records.boundExecutor);
  }

  async byId(id: string): Promise<ExecutorRecord | undefined> {
    return mapped(this.get(`${EXECUTOR} where x.id = ?`, id), records.executor);
  }

  async inOrganization(organizationId: string, id: string): Promise<ExecutorRecord | undefined> {
    const sql = `${EXECUTOR} where x.organizationId = ? and x.id = ?`;
    return mapped(this.get(sql, organizationId, id), records.executor);
  }

  async byName(organizationId: string, name: string): Promise<ExecutorRecord | undefined> {
    const sql = `${EXECUTOR} where x.organizationId = ? and x.name = ?`;
    return mapped(this.get(sql, organizationId, name), records.executor);
  }

  async list(organizationId: string, page: ExecutorPage): Promise<readonly ExecutorRecord[]> {
    return this.lists.page(organizationId, page);
  }

  async count(organizationId: string, filter: ExecutorFilter, moment: ListMoment): Promise<number> {
    return this.lists.count(organizationId, filter, moment);
  }

  async health(organizationId: string, moment: ListMoment): Promise<ExecutorHealth> {
    return this.lists.health(organizationId, moment);
  }

  async versions(organizationId: string): Promise<readonly VersionCount[]> {
    return this.lists.versions(organizationId);
  }

  async syncedSince(sinceMs: number): Promise<readonly ExecutorRecord[]> {
    const sql = `select x.id from organization o cross join executor x indexed by executor_seen
      on x.organizationId = o.id and coalesce(x.lastSyncAt, 0) >= ?`;
    return this.all(`${EXECUTOR} where x.id in (${sql})`, sinceMs).map(records.executor);
  }

  async whereabouts(ids: readonly string[]): Promise<readonly Whereabouts[]> {
    const sql = `select id, lastSyncAt, ${LAST_MOVE} as kind from executor x where id in (select value from json_each(?))`;
    return this.all(sql, JSON.stringify(ids)).map(records.whereabouts);
  }

  /** No other control plane uses the file. */
  async lastTwoInstances(): Promise<readonly InstanceElsewhere[]> {
    return [];
  }

  async onKey(keyId: string, limit: number): Promise<readonly ExecutorReference[]> {
    const sql = "select id, name from executor where keyId = ? order by name limit ?";
    return this.all(sql, keyId, limit).map(records.executorReference);
  }

  async keyUses(executorId: string, limit: number): Promise<readonly ExecutorKeyUse[]> {
    const sql = "select * from executorKeyUsage where executorId = ? order by lastUsedAt desc limit ?";
    return this.all(sql, executorId, limit).map(records.executorKeyUse);
  }

  async transitions(executorId: string): Promise<readonly ExecutorTransition[]> {
    const sql = `select * from executorTransition where executorId = ? order by at desc, kind desc limit ${MAX_TRANSITIONS}`;
    return this.all(sql, executorId).map(records.transition);
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
}

export class SqliteExecutorWriter extends SqliteExecutorReader implements ExecutorWriter {
  async insert(executor: NewExecutor): Promise<void> {
    const sql = `insert into executor (id, organizationId, name, kind, createdAt, enrolledBy, version, channel, hostName,
      publicHost, capabilities, resources) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
    const { id, organizationId, name, kind, createdAt, enrolledBy } = executor;
    this.run(sql, id, organizationId, name, kind, createdAt, enrolledBy, ...declarationValues(executor));
  }

  async bind(executorId: string, key: Pick<KeyRecord, "id" | "lineageId">, kind: string): Promise<void> {
    const sql = "update executor set keyId = ?, lineageId = ?, kind = ? where id = ?";
    this.run(sql, key.id, key.lineageId, kind, executorId);
  }

  async delete(id: string): Promise<void> {
    this.run("delete from executor where id = ?", id);
  }
}

/** In the order of the columns version, channel, hostName, publicHost, capabilities, resources. */
export function declarationValues(
  d: ExecutorDeclaration,
): [string, string, string, string | null, string, string] {
  return [d.version, d.channel, d.hostName, d.publicHost, d.capabilities, d.resources];
}
