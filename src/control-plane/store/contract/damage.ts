import type { Logger } from "pino";
import { printable } from "../../../lib/printable.ts";

/**
 * A record whose row may hold what it may not: somebody changed the database by hand, or a disk
 * did.
 */
export interface Damageable {
  /**
   * The columns that cannot be read as they are; "(damaged)", 0 or nothing stands in their place.
   */
  readonly damaged: readonly string[];
}

export type DamagedTable =
  | "apikey"
  | "executor"
  | "executorKeyUsage"
  | "auditEvent"
  | "user"
  | "member"
  | "invitation";

const REMEDIES: Readonly<Record<DamagedTable, string>> = {
  apikey: "the key is refused: revoke it and create another one, or repair the row",
  executor:
    "what it declares is written anew with its next sync; what stays damaged, repair, or delete the executor",
  executorKeyUsage: "it is history alone, and shown as far as it can be read",
  auditEvent: "it is shown as far as it can be read; a backup may have it whole",
  user: "repair the row, or restore a backup",
  member: "remove the member and add them again, or repair the row",
  invitation: "cancel it and invite again, or repair the row",
};

/** Beyond so many rows a line of their own helps nobody: the database is to be restored. */
const MAX_LINES = 50;

/** Says once of each damaged row, in this process, which it is and what to do. */
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
    this.logger.warn(
      { event: "store.row-damaged", table, id: printable(id), columns: damaged },
      isLast
        ? "more rows of the database are damaged than are named one by one: restore a backup"
        : `a row of the database cannot be read as it is: ${REMEDIES[table]}`,
    );
  }
}
