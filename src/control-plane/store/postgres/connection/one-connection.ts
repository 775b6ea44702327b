import { Client } from "pg";
import { CommandError } from "../../../../lib/command-line/command-error.ts";
import type { PostgresAddress } from "../../address/postgres-address.ts";
import { integer, text } from "../../rows/row.ts";
import { clientConfig } from "./client-config.ts";
import { queryOn } from "./kept-connection.ts";
import type { Runner } from "./statements.ts";
import { asStoreError } from "./store-error.ts";

const OLDEST_VERSION = 14;

/** A connection that is not made again once it is lost. */
export interface OneConnection {
  readonly runner: Runner;
  end(): Promise<void>;
}

/**
 * Connects, and makes sure that the server is one that works. Rejects with `StoreUnavailable` or a
 * CommandError. A statement may take `statementMs`.
 */
export async function connectOnce(address: PostgresAddress, statementMs: number): Promise<OneConnection> {
  const client = newClient(address, statementMs);
  const runner: Runner = {
    query: (statement, values, name) => queryOn(client, address, statement, values, name),
  };
  const end = () => client.end().catch(() => undefined);
  try {
    await client.connect();
    await requireServer(runner);
    return { runner, end };
  } catch (error) {
    await end();
    throw asStoreError(error, address);
  }
}

function newClient(address: PostgresAddress, statementMs: number): Client {
  try {
    const client = new Client(clientConfig(address, statementMs));
    // Its statements are rejected with the same error.
    client.on("error", () => undefined);
    return client;
  } catch (error) {
    throw asStoreError(error, address);
  }
}

async function requireServer(runner: Runner): Promise<void> {
  const sql = `select current_setting('server_version_num')::int as "versionNumber", current_setting('server_version') as version,
    current_setting('server_encoding') as encoding, pg_is_in_recovery() as standby,
    exists (select 1 from pg_collation where collname = 'und-x-icu') as "hasIcu"`;
  const { rows } = await runner.query(sql, []);
  const row = rows[0] ?? {};
  if (integer(row, "versionNumber") < OLDEST_VERSION * 10_000) {
    throw new CommandError("failed", `the server runs PostgreSQL ${text(row, "version")}`, {
      fix: `upgrade it: PostgreSQL ${OLDEST_VERSION} is the oldest that works, and 15 is tested`,
    });
  }
  if (text(row, "encoding") !== "UTF8") {
    throw new CommandError("failed", `the database has the encoding ${text(row, "encoding")}`, {
      fix: "create it with UTF8: createdb --encoding UTF8 --template template0",
    });
  }
  if (integer(row, "hasIcu") === 0) {
    throw new CommandError("failed", "the server was built without ICU, which searches need", {
      fix: "use PostgreSQL as Debian packages it",
    });
  }
  if (integer(row, "standby") !== 0) {
    throw new CommandError("failed", "the server is a standby, which cannot be written to", {
      fix: "let DATABASE_URL name the primary",
    });
  }
}
