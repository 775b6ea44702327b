import { printable } from "../../lib/printable.ts";
import type { Damageable } from "../store/contract/damageable.ts";
import type { Logger } from "./logger.ts";

export type DamagedTable =
  | "apikey"
  | "executor"
  | "executorKeyUsage"
  | "node"
  | "nodeRevision"
  | "auditEvent"
  | "user"
  | "session"
  | "member"
  | "invitation";

const REMEDIES: Readonly<Record<DamagedTable, string>> = {
  apikey: "the key is refused: revoke it and create another one, or repair the row",
  executor: "its next sync rewrites what it declares; repair the rest of the row, or delete the executor",
  executorKeyUsage: "only history is affected, and shown as far as it can be read",
  node: "no list is sent to its executor, whose nodes go on: restore a backup, or repair the row",
  nodeRevision: "only history is affected, and shown as far as it can be read",
  auditEvent: "it is shown as far as it can be read; a backup may contain it undamaged",
  user: "repair the row, or restore a backup",
  session: "the person ends it on their account's page, or signs in again",
  member: "remove the member and add them again, or repair the row",
  invitation: "cancel it and invite again, or repair the row",
};

/** With more damaged rows than this, restore the database instead of repairing each row. */
const MAX_LINES = 50;

/** Logs each damaged row once, with what to do about it. */
export class DamageLog {
  private readonly logger: Logger;
  private readonly noted = new Set<string>();

  constructor(logger: Logger) {
    this.logger = logger;
  }

  note(table: DamagedTable, id: string, { damaged }: Damageable): void {
    if (damaged.length === 0 || this.noted.size > MAX_LINES) {
      return;
    }
    const row = `${table} ${id} ${damaged.join()}`;
    if (this.noted.has(row)) {
      return;
    }
    this.noted.add(row);
    const isLast = this.noted.size > MAX_LINES;
    this.logger.error(
      { event: "store.row-damaged", table, id: printable(id), columns: damaged },
      isLast
        ? "Too many rows of the database are damaged to name each of them. Fix: restore a backup"
        : `Row ${printable(id)} of table ${table} cannot be read (${damaged.join(", ")}): ${REMEDIES[table]}`,
    );
  }
}
