import { type ClientConfig, Pool, type PoolClient, type QueryResult } from "pg";
import type { PostgresAddress } from "../../address/postgres-address.ts";
import { StoreUnavailable } from "../../contract/store.ts";
import type { Row } from "../../rows/row.ts";
import { queryOn } from "./kept-connection.ts";
import { commit, type Runner, type Value } from "./statements.ts";
import { asStoreError } from "./store-error.ts";

const MOST = 4;
const IDLE_MS = 60_000;

/** The connections of everything but syncs: pages, changes, and better-auth. */
export class ConnectionPool implements Runner {
  private readonly pool: Pool;
  private readonly address: PostgresAddress;
  private closing: Promise<void> | undefined;

  constructor(address: PostgresAddress, config: ClientConfig) {
    this.address = address;
    this.pool = new Pool({ ...config, max: MOST, idleTimeoutMillis: IDLE_MS });
    // Of a connection that rests. The next statement gets another one.
    this.pool.on("error", () => undefined);
  }

  async query(text: string, values: readonly Value[], name?: string): Promise<QueryResult<Row>> {
    return this.with((client) => queryOn(client, this.address, text, values, name));
  }

  /** Lends a connection to `work`. After a failure of the connection it is not used again. */
  async with<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    const client = await this.connect();
    // While it is lent, the driver reports its end here.
    const ignore = () => undefined;
    client.on("error", ignore);
    let failure: unknown;
    try {
      return await work(client);
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      client.off("error", ignore);
      client.release(failure instanceof StoreUnavailable || client.getTransactionStatus() !== "I");
    }
  }

  /** Commits once `work` resolves, and rolls back if it rejects. `begin` begins the transaction. */
  transaction<Result>(begin: string, work: (runner: Runner) => Promise<Result>): Promise<Result> {
    return this.with(async (client) => {
      const runner: Runner = {
        query: (text, values, name) => queryOn(client, this.address, text, values, name),
      };
      try {
        await runner.query(begin, []);
        const result = await work(runner);
        await commit(runner);
        return result;
      } catch (error) {
        await runner.query("rollback", []).catch(() => undefined);
        throw error;
      }
    });
  }

  async connect(): Promise<PoolClient> {
    if (this.closing !== undefined) {
      throw new StoreUnavailable("the database is closed");
    }
    try {
      return await this.pool.connect();
    } catch (error) {
      throw asStoreError(error, this.address);
    }
  }

  close(): Promise<void> {
    // The driver refuses a second end.
    this.closing ??= this.pool.end();
    return this.closing;
  }
}
