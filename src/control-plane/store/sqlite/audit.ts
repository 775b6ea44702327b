import type { DatabaseSync } from "node:sqlite";
import type {
  AuditEvent,
  AuditPage,
  AuditReader,
  AuditWriter,
  NewAuditEvent,
  NumberedAuditEvent,
} from "../contract/audit.ts";
import * as records from "../rows/records.ts";
import { integer } from "../rows/row.ts";
import { SqliteAuditList } from "./lists/audit-list.ts";
import { SqliteStatements } from "./rows/statements.ts";

export class SqliteAuditReader extends SqliteStatements implements AuditReader {
  private readonly list: SqliteAuditList;

  constructor(database: DatabaseSync) {
    super(database);
    this.list = new SqliteAuditList(database);
  }

  async events(organizationId: string, page: AuditPage): Promise<readonly AuditEvent[]> {
    return this.list.page(organizationId, page);
  }

  async eventsAfter(number: number, limit: number): Promise<readonly NumberedAuditEvent[]> {
    const sql = "select * from auditEvent where sequence > ? order by sequence limit ?";
    return this.all(sql, number, limit).map((row) => ({
      number: integer(row, "sequence"),
      event: records.auditEvent(row),
    }));
  }
}

export class SqliteAuditWriter extends SqliteAuditReader implements AuditWriter {
  async insert(event: NewAuditEvent): Promise<void> {
    const sql = `insert into auditEvent (id, organizationId, at, actor, actorId, action, targetType, targetId, targetName,
      details, source) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
    const { id, organizationId, at, actor, actorId, action, source } = event;
    const { targetType, targetId, targetName, details } = event;
    const target = [targetType, targetId, targetName] as const;
    this.run(sql, id, organizationId, at, actor, actorId, action, ...target, details, source);
  }
}
