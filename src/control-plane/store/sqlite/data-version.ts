import type { DatabaseSync, StatementSync } from "node:sqlite";
import { integer } from "./rows/row.ts";
import { asStoreError } from "./rows/unavailable.ts";

/**
 * Notices what other connections commit, those of other processes among them; what `database`
 * itself commits does not count (sqlite.org/pragma.html). A look takes 10 µs (measured).
 */
export class DataVersion {
  private readonly database: DatabaseSync;
  private readonly statement: StatementSync;
  private last: number | undefined;

  constructor(database: DatabaseSync) {
    this.database = database;
    this.statement = database.prepare("pragma data_version");
  }

  /** Since the last time that this was asked. Throws `StoreUnavailable`. */
  hasChanged(): boolean {
    const { last } = this;
    try {
      this.last = integer(this.statement.get() ?? {}, "data_version");
    } catch (error) {
      throw asStoreError(error, this.database);
    }
    return this.last !== last;
  }
}
