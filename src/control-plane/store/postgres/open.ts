import { CommandError } from "../../../lib/command-line/command-error.ts";
import { OperatorError } from "../../../lib/errors.ts";
import type { PostgresAddress } from "../address/postgres-address.ts";
import { StoreUnavailable } from "../contract/store.ts";
import { clientConfig } from "./connection/client-config.ts";
import { KeptConnection } from "./connection/kept-connection.ts";
import { connectOnce } from "./connection/one-connection.ts";
import { OpenSockets } from "./connection/open-sockets.ts";
import { ConnectionPool } from "./connection/pool.ts";
import { migrate } from "./migrations/migrations.ts";
import { PostgresStore } from "./store.ts";

/** Of what every sync asks. The agents try again; a person at the page waits longer. */
const HOT_MS = 5000;
const PAGE_MS = 15_000;
const WRITE_MS = 30_000;
const MIGRATION_MS = 120_000;

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
    const sockets = new OpenSockets();
    const connections = {
      address,
      sockets,
      hot: new KeptConnection(address, () => clientConfig(address, HOT_MS, sockets)),
      writeBehind: new KeptConnection(address, () => clientConfig(address, WRITE_MS, sockets)),
      pool: new ConnectionPool(address, clientConfig(address, PAGE_MS, sockets)),
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
    await store.lookForRisks();
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Resolves with the version that the database had. */
async function prepare(address: PostgresAddress): Promise<number> {
  const connection = await connectOnce(address, MIGRATION_MS);
  try {
    return await migrate(connection.runner);
  } finally {
    await connection.end();
  }
}

/** Why the database cannot be used, with the remedy. */
export function cannotOpen(
  address: PostgresAddress,
  error: unknown,
  message = `cannot open the database ${address}`,
): unknown {
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
