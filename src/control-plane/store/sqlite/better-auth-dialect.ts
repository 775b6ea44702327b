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

/** How better-auth's statements reach the database: reads at once, writes one after the other with our transactions. */
export interface StatementAccess {
  readonly reader: DatabaseSync;
  write<Result>(work: (writer: DatabaseSync) => Result): Promise<Result>;
}

/**
 * better-auth's way into the store's own two connections. One of its own would be locked out whenever a transaction of
 * ours is open, or would stop the process waiting for it. Every statement stands for itself: better-auth makes its
 * changes without transactions.
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
    throw new TypeError("better-auth's statements stand for themselves here: a transaction is the store's");
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

  /** The interface wants it; better-auth never streams. */
  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new TypeError("nothing is streamed here");
  }
}

function execute<Row>(database: DatabaseSync, { sql, parameters }: CompiledQuery): QueryResult<Row> {
  const statement = database.prepare(sql);
  const values = parameters.filter(isInput);
  if (values.length !== parameters.length) {
    throw new TypeError("a value that SQLite has no type for");
  }
  if (statement.columns().length > 0) {
    // Beyond 2^53 an integer would fail the statement; rounded, it spoils nothing but itself.
    statement.setReadBigInts(true);
    return { rows: asRows<Row>(statement.all(...values).map(withNumbers)) };
  }
  const { changes, lastInsertRowid } = statement.run(...values);
  return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
}

/** What the columns hold is better-auth's own affair: it made the tables' shape, and Kysely has no proof to ask for. */
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
