import { Client, type ClientConfig, type QueryResult } from "pg";
import type { PostgresAddress } from "../../address/postgres-address.ts";
import { type StoreProblem, StoreUnavailable } from "../../contract/store.ts";
import type { Row } from "../../rows/row.ts";
import type { Runner, Value } from "./statements.ts";
import { asStoreError } from "./store-error.ts";
import { StandbyError, troubleOf } from "./trouble.ts";

const RETRY_MS = 500;

/** One connection to the server, from its beginning to its end. */
export interface Session extends Runner {
  /** Different for each connection that was made. */
  readonly number: number;
}

/**
 * A connection that is made again when it was lost, by itself. Statements are sent without waiting
 * for the answers of those before them. They are not sent twice: what was on the way when the
 * connection was lost is rejected with `StoreUnavailable`.
 */
export class KeptConnection implements Runner {
  private readonly address: PostgresAddress;
  private readonly config: () => ClientConfig;
  private current: Promise<Session> | undefined;
  private client: Client | undefined;
  private count = 0;
  private retry: NodeJS.Timeout | undefined;
  private closing: Promise<void> | undefined;
  /** Why it cannot be made. */
  problem: StoreProblem | undefined;

  constructor(address: PostgresAddress, config: () => ClientConfig) {
    this.address = address;
    this.config = config;
  }

  async query(text: string, values: readonly Value[], name?: string): Promise<QueryResult<Row>> {
    const session = await this.session();
    return session.query(text, values, name);
  }

  /** The connection as it is now. All statements of one session go to the same server process. */
  session(): Promise<Session> {
    if (this.closing !== undefined) {
      return Promise.reject(closed());
    }
    this.current ??= this.connect();
    return this.current;
  }

  close(): Promise<void> {
    clearTimeout(this.retry);
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    await this.client?.end().catch(() => undefined);
  }

  private async connect(): Promise<Session> {
    clearTimeout(this.retry);
    try {
      const client = new Client(this.config());
      // Its statements are rejected with the same error.
      client.on("error", () => undefined);
      client.once("end", () => this.lost(client));
      await begin(client);
      if (this.closing !== undefined) {
        void client.end();
        throw closed();
      }
      this.client = client;
      this.count += 1;
      this.problem = undefined;
      return sessionOf(client, this.count, this.address);
    } catch (error) {
      this.problem = troubleOf(error, this.address) ?? this.problem;
      this.tryLater();
      throw asStoreError(error, this.address);
    }
  }

  private lost(client: Client): void {
    if (this.client !== client || this.closing !== undefined) {
      return;
    }
    this.client = undefined;
    this.current = undefined;
    this.session().catch(() => undefined);
  }

  /** Until then everybody is told the same failure: a server that starts is not flooded. */
  private tryLater(): void {
    if (this.closing !== undefined) {
      return;
    }
    this.retry = setTimeout(() => {
      this.current = undefined;
      this.session().catch(() => undefined);
    }, RETRY_MS).unref();
  }
}

function sessionOf(client: Client, number: number, address: PostgresAddress): Session {
  return {
    number,
    query: (text, values, name) => queryOn(client, address, text, values, name),
  };
}

/** As `Runner.query()`, on any client of the driver. */
export async function queryOn(
  client: Pick<Client, "query">,
  address: PostgresAddress,
  text: string,
  values: readonly Value[],
  name?: string,
): Promise<QueryResult<Row>> {
  try {
    return await client.query<Row>({ text, values: [...values], ...(name === undefined ? {} : { name }) });
  } catch (error) {
    throw asStoreError(error, address);
  }
}

function closed(): StoreUnavailable {
  return new StoreUnavailable("the database is closed");
}

/** Rejects for a standby, too. It lags behind: it still knows keys that were revoked. */
async function begin(client: Client): Promise<void> {
  await client.connect();
  const { rows } = await client.query<{ standby: number }>("select pg_is_in_recovery() as standby");
  if (rows[0]?.standby !== 0) {
    void client.end();
    throw new StandbyError();
  }
}
