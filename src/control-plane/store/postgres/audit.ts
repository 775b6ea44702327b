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
import { PostgresStatements, type Runner } from "./connection/statements.ts";
import { PostgresAuditList } from "./lists/audit-list.ts";

export class PostgresAuditReader extends PostgresStatements implements AuditReader {
  private readonly list: PostgresAuditList;

  constructor(runner: Runner) {
    super(runner);
    this.list = new PostgresAuditList(runner);
  }

  events(organizationId: string, page: AuditPage): Promise<readonly AuditEvent[]> {
    return this.list.page(organizationId, page);
  }

  async eventsAfter(number: number, limit: number): Promise<readonly NumberedAuditEvent[]> {
    const sql = `select sequence, id, "organizationId", at, actor, "actorId", action, "targetType", "targetId",
        "targetName", details, source
      from "auditEvent" where sequence > $1 order by sequence limit $2`;
    const rows = await this.all(sql, number, limit);
    return rows.map((row) => ({ number: integer(row, "sequence"), event: records.auditEvent(row) }));
  }
}

export class PostgresAuditWriter extends PostgresAuditReader implements AuditWriter {
  /**
   * The number comes from the row of the revision, which stays locked until the commit: so events
   * appear in the order of their numbers, and a reader that goes on after one misses none.
   */
  async insert(event: NewAuditEvent): Promise<void> {
    const sql = `with next as (update revision set n = n + 1 returning n)
      insert into "auditEvent" (sequence, id, "organizationId", at, actor, "actorId", action, "targetType", "targetId",
        "targetName", details, source) select n, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 from next`;
    const { id, organizationId, at, actor, actorId, action, source } = event;
    const { targetType, targetId, targetName, details } = event;
    const target = [targetType, targetId, targetName] as const;
    await this.run(sql, id, organizationId, at, actor, actorId, action, ...target, details, source);
  }
}
