import { Client } from "pg";
import { CommandError } from "../../../lib/command-line/command-error.ts";
import { OperatorError } from "../../../lib/errors.ts";
import type { PostgresAddress } from "../address/postgres-address.ts";
import { StoreUnavailable } from "../contract/store.ts";
import { integer, text } from "../rows/row.ts";
import { clientConfig } from "./connection/client-config.ts";
import { KeptConnection, queryOn } from "./connection/kept-connection.ts";
import { ConnectionPool } from "./connection/pool.ts";
import type { Runner } from "./connection/statements.ts";
import { asStoreError } from "./connection/store-error.ts";
import { migrate } from "./migrations/migrations.ts";
import { PostgresStore } from "./store.ts";

/** Of what every sync asks. The agents try again; a person at the page waits longer. */
const HOT_MS = 5000;
const PAGE_MS = 15_000;
const WRITE_MS = 30_000;
const MIGRATION_MS = 120_000;
const OLDEST_VERSION = 14;

/** What an operator should know of an opening. */
interface OpeningNotices {
  /** The database had no tables of ours. */
  created(): void;
}

/**
 * Opens and migrates the database at `address`. Rejects with an OperatorError that names the
 * server and the remedy.
 */
export async function openPostgresStore(
  address: PostgresAddress,
  notices?: OpeningNotices,
): Promise<PostgresStore> {
  try {
    const before = await prepare(address);
    const connections = {
      address,
      hot: new KeptConnection(address, () => clientConfig(address, HOT_MS)),
      writeBehind: new KeptConnection(address, () => clientConfig(address, WRITE_MS)),
      pool: new ConnectionPool(address, clientConfig(address, PAGE_MS)),
    };
    const store = new PostgresStore(connections);
    await connectAll(store, connections);
    if (before === 0) {
      notices?.created();
    }
    return store;
  } catch (error) {
    throw cannotOpen(address, error);
  }
}

async function connectAll(
  store: PostgresStore,
  { hot, writeBehind }: { readonly hot: KeptConnection; readonly writeBehind: KeptConnection },
): Promise<void> {
  try {
    await Promise.all([hot.session(), writeBehind.session()]);
    await store.revision();
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Resolves with the version that the database had. */
async function prepare(address: PostgresAddress): Promise<number> {
  const client = newClient(address);
  try {
    await client.connect();
    const runner: Runner = {
      query: (statement, values, name) => queryOn(client, address, statement, values, name),
    };
    await requireServer(runner);
    return await migrate(runner);
  } catch (error) {
    throw asStoreError(error, address);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function newClient(address: PostgresAddress): Client {
  try {
    const client = new Client(clientConfig(address, MIGRATION_MS));
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

/** Why the database cannot be used, with the remedy. */
export function cannotOpen(address: PostgresAddress, error: unknown): unknown {
  const message = `cannot open the database ${address}`;
  if (error instanceof StoreUnavailable) {
    const { fix, sentences } = split(error.remedy ?? "");
    return new CommandError("failed", `${message}: ${error.message}${sentences}`, { fix });
  }
  if (error instanceof CommandError) {
    return new CommandError("failed", `${message}: ${error.message}`, { fix: error.fix });
  }
  return error instanceof OperatorError ? new OperatorError(`${message}: ${error.message}`) : error;
}

/** A remedy is `What is wrong. Fix: what to do`. */
function split(remedy: string): { readonly sentences: string; readonly fix: string | undefined } {
  const at = remedy.indexOf("Fix: ");
  if (at === -1) {
    return { sentences: "", fix: remedy || undefined };
  }
  const before = remedy.slice(0, at).trim().replace(/\.$/u, "");
  return { sentences: before === "" ? "" : `. ${before}`, fix: remedy.slice(at + "Fix: ".length) };
}
