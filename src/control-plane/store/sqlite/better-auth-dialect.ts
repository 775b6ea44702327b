import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import { StoreUnavailable } from "../contract/store.ts";
import { noteStoreFailure } from "../store-failure.ts";
import { asStoreError } from "./rows/unavailable.ts";

/**
 * How better-auth's statements reach the database: reads at once, writes in the queue of
 * transactions.
 */
interface StatementAccess {
  readonly reader: DatabaseSync;
  write<Result>(work: (writer: DatabaseSync) => Result): Promise<Result>;
}

/**
 * Lets better-auth use the store's two connections. With one of its own it would be locked out
 * during our transactions, or would block the process while it waits for them. Each statement is a
 * transaction of its own, because better-auth makes its changes without transactions.
 */
export function betterAuthDialect(access: StatementAccess): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (database) => new SqliteIntrospector(database),
    createDriver: () => new StatementDriver(access),
  };
}

class StatementDriver implements Driver {
  private readonly connection: DatabaseConnection;

  constructor(access: StatementAccess) {
    this.connection = new StatementConnection(access);
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.connection;
  }

  async init(): Promise<void> {}
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}

  beginTransaction(): Promise<void> {
    return this.refuse();
  }

  commitTransaction(): Promise<void> {
    return this.refuse();
  }

  rollbackTransaction(): Promise<void> {
    return this.refuse();
  }

  private async refuse(): Promise<void> {
    throw new TypeError("better-auth has no transactions here: each of its statements is one");
  }
}

class StatementConnection implements DatabaseConnection {
  private readonly access: StatementAccess;

  constructor(access: StatementAccess) {
    this.access = access;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      if (query.query.kind === "SelectQueryNode") {
        return execute<Row>(this.access.reader, query);
      }
      return await this.access.write((writer) => execute<Row>(writer, query));
    } catch (error) {
      const failure = asStoreError(error, this.access.reader);
      if (failure instanceof StoreUnavailable) {
        noteStoreFailure(failure);
      }
      throw failure;
    }
  }

  /** Required by the interface. better-auth never streams. */
  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new TypeError("streaming is not supported");
  }
}

function execute<Row>(database: DatabaseSync, { sql, parameters }: CompiledQuery): QueryResult<Row> {
  const statement = database.prepare(sql);
  const values = parameters.filter(isInput);
  if (values.length !== parameters.length) {
    throw new TypeError("SQLite has no type for one of the values");
  }
  if (statement.columns().length > 0) {
    // Otherwise one integer beyond 2^53 would fail the statement. Rounding affects only that cell.
    statement.setReadBigInts(true);
    return { rows: asRows<Row>(statement.all(...values).map(withNumbers)) };
  }
  const { changes, lastInsertRowid } = statement.run(...values);
  return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
}

/** Kysely cannot prove the type of a row: better-auth has defined the tables and reads them. */
function asRows<Row>(rows: readonly unknown[]): Row[] {
  return rows.filter((row): row is Row => row !== undefined);
}

function withNumbers(row: Record<string, unknown>): Record<string, unknown> {
  const cells = Object.entries(row).map(([name, cell]) => [
    name,
    typeof cell === "bigint" ? Number(cell) : cell,
  ]);
  return Object.fromEntries(cells);
}

function isInput(value: unknown): value is SQLInputValue {
  return (
    value === null ||
    typeof value === "string" ||
    typeof value === "number" ||
    typeof value === "bigint" ||
    value instanceof Uint8Array
  );
}
