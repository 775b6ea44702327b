import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { Row } from "../../rows/row.ts";
import { asStoreError } from "./unavailable.ts";

/** The wall clock in epoch milliseconds, when the statement runs. */
export const NOW_MS = "cast(unixepoch('subsec') * 1000 as integer)";

/** Runs SQL on one connection. Statements are prepared once, at their first use. */
export class SqliteStatements {
  private readonly database: DatabaseSync;
  private readonly statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.database = database;
  }

  protected run(sql: string, ...values: SQLInputValue[]): void {
    this.attempt(sql, (statement) => statement.run(...values));
  }

  /** True if the statement changed at least one row. */
  protected changes(sql: string, ...values: SQLInputValue[]): boolean {
    return this.attempt(sql, (statement) => Number(statement.run(...values).changes) > 0);
  }

  protected get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.attempt(sql, (statement) => statement.get(...values));
  }

  protected all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.attempt(sql, (statement) => statement.all(...values));
  }

  protected allNamed(sql: string, values: Readonly<Record<string, SQLInputValue>>): Row[] {
    return this.attempt(sql, (statement) => statement.all(values));
  }

  private attempt<Result>(sql: string, use: (statement: StatementSync) => Result): Result {
    try {
      const known = this.statements.get(sql);
      if (known !== undefined) {
        return use(known);
      }
      const statement = this.database.prepare(sql);
      // Otherwise one integer beyond 2^53 would fail the statement, not only its row.
      statement.setReadBigInts(true);
      this.statements.set(sql, statement);
      return use(statement);
    } catch (error) {
      throw asStoreError(error, this.database);
    }
  }
}
