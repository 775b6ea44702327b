import type {
  BoundExecutor,
  ExecutorDeclaration,
  ExecutorKeyUse,
  ExecutorReader,
  ExecutorRecord,
  ExecutorWriter,
  LineageUse,
  NewExecutor,
} from "../contract/executors.ts";
import type { KeyRecord } from "../contract/keys.ts";
import type { SearchPage } from "../contract/page.ts";
import type { ExecutorReference } from "../contract/references.ts";
import * as records from "./rows/records.ts";
import { integer, mapped } from "./rows/row.ts";
import { SqliteStatements } from "./rows/statements.ts";

const EXECUTOR = `
  select x.*, k.name as keyName, k.key as keyHash from executor x left join apikey k on k.id = x.keyId`;

export class SqliteExecutorReader extends SqliteStatements implements ExecutorReader {
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

  async list(organizationId: string, page: SearchPage): Promise<readonly ExecutorRecord[]> {
    const { before, limit, search } = page;
    const sql = `${EXECUTOR} where x.organizationId = ?1
      and (?2 is null or x.rowid < (
        select rowid from executor where id = ?2 and organizationId = ?1))
      and (?4 is null or instr(lower(x.name), lower(?4)) > 0 or substr(x.id, 1, length(?4)) = ?4) order by x.rowid desc limit ?3`;
    return this.all(sql, organizationId, before, limit, search).map(records.executor);
  }

  async syncedSince(sinceMs: number): Promise<readonly ExecutorRecord[]> {
    return this.all(`${EXECUTOR} where x.lastSyncAt >= ?`, sinceMs).map(records.executor);
  }

  async onKey(keyId: string, limit: number): Promise<readonly ExecutorReference[]> {
    const sql = "select id, name from executor where keyId = ? order by name limit ?";
    return this.all(sql, keyId, limit).map(records.executorReference);
  }

  async keyUses(executorId: string, limit: number): Promise<readonly ExecutorKeyUse[]> {
    const sql = "select * from executorKeyUsage where executorId = ? order by lastUsedAt desc limit ?";
    return this.all(sql, executorId, limit).map(records.executorKeyUse);
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
