import { readFileSync } from "node:fs";
import type { ClientConfig } from "pg";
import type { PostgresAddress } from "../../address/postgres-address.ts";
import type { OpenSockets } from "./open-sockets.ts";
import { resultTypes } from "./result-types.ts";
import { AuthorityError } from "./trouble.ts";

const CONNECT_MS = 5000;
const LOCK_MS = 5000;
const IDLE_TRANSACTION_MS = 10_000;
/**
 * No statement runs so long that compiling it pays. The server guesses that small tables are large
 * until it has analyzed them, and compiles for 150 ms what takes 20 µs (measured).
 */
const OPTIONS = "-c timezone=UTC -c datestyle=ISO -c standard_conforming_strings=on -c jit=off";
/** The server should have ended the statement by then, so the connection is given up. */
const GRACE_MS = 1000;

/**
 * How every connection is made. Each value is given, because the driver would look for missing
 * ones in PGHOST, PGPASSWORD and the like. `sockets` can end the connections. Throws an
 * AuthorityError.
 */
export function clientConfig(
  address: PostgresAddress,
  statementMs: number,
  sockets?: OpenSockets,
): ClientConfig {
  const { host, port, user, database, tls, password } = address;
  return {
    host,
    port,
    user,
    database,
    // A function, because the driver would look into ~/.pgpass if there was no password.
    password: () => password ?? "",
    ssl: tls === undefined ? false : { rejectUnauthorized: true, ...authority(tls.caPath) },
    ...(sockets === undefined ? {} : { stream: () => sockets.create() }),
    sslnegotiation: "postgres",
    application_name: "novacula-control-plane",
    options: OPTIONS,
    types: resultTypes,
    pipeline: true,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: statementMs,
    query_timeout: statementMs + GRACE_MS,
    lock_timeout: LOCK_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
  };
}

function authority(caPath: string | undefined): { readonly ca?: string } {
  if (caPath === undefined) {
    return {};
  }
  try {
    return { ca: readFileSync(caPath, "utf8") };
  } catch (error) {
    throw new AuthorityError(caPath, error);
  }
}
