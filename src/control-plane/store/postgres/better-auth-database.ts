import {
  type Dialect,
  type PostgresCursor,
  PostgresDialect,
  type PostgresPoolClient,
  type PostgresQueryResult,
} from "kysely";
import { type PoolClient, types } from "pg";
import type { PostgresAddress } from "../address/postgres-address.ts";
import { StoreUnavailable } from "../contract/store.ts";
import { noteStoreFailure } from "../store-failure.ts";
import type { ConnectionPool } from "./connection/pool.ts";
import { asStoreError } from "./connection/store-error.ts";

/**
 * Lets better-auth use the pool, with the types of values that it expects. Each of its statements
 * is a transaction of its own, because it makes its changes without transactions.
 */
export function betterAuthDialect(pool: ConnectionPool, address: PostgresAddress): Dialect {
  return new PostgresDialect({
    pool: {
      connect: async () => new StatementClient(await noting(() => pool.connect()), address),
      // The store closes it.
      end: async () => undefined,
    },
  });
}

class StatementClient implements PostgresPoolClient {
  private readonly client: PoolClient;
  private readonly address: PostgresAddress;
  private hasFailed = false;

  constructor(client: PoolClient, address: PostgresAddress) {
    this.client = client;
    this.address = address;
    client.on("error", ignore);
  }

  query<Row>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>>;
  query<Row>(cursor: PostgresCursor<Row>): PostgresCursor<Row>;
  query(sql: unknown, parameters: readonly unknown[] = []): unknown {
    if (typeof sql !== "string") {
      throw new TypeError("better-auth never streams");
    }
    return noting(() => this.run(sql, parameters));
  }

  release(): void {
    this.client.off("error", ignore);
    this.client.release(this.hasFailed);
  }

  private async run(text: string, parameters: readonly unknown[]) {
    try {
      return await this.client.query({ text, values: [...parameters], types });
    } catch (error) {
      const failure = asStoreError(error, this.address);
      this.hasFailed = failure instanceof StoreUnavailable;
      throw failure;
    }
  }
}

function ignore(): void {}

/** better-auth wraps errors of its database beyond recognition. */
async function noting<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StoreUnavailable) {
      noteStoreFailure(error);
    }
    throw error;
  }
}
