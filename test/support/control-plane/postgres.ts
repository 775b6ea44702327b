import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorCode } from "../../../src/lib/errors.ts";
import { eventually } from "../eventually.ts";
import { freePort } from "../free-port.ts";
import { lacks } from "../requires.ts";

/**
 * A real PostgreSQL server for the tests: one for each run of vitest, started when the first test
 * needs it. It listens on loopback and on a socket, and asks for a password.
 */

/** The environment variable with the folder of this run's server. */
const FOLDER = "NOVACULA_TEST_POSTGRES";
/** PostgreSQL refuses to run as root. */
export const NOBODY = { uid: 65_534, gid: 65_534 };

export interface PostgresServer {
  /** Has `initdb`, `psql` and the rest. */
  readonly bin: string;
  /** The folder of its socket, data and log. */
  readonly folder: string;
  readonly port: number;
  readonly password: string;
}

/** The folder of the newest programs that Debian's packages have installed. */
export const postgresBin = globSync("/usr/lib/postgresql/*/bin")
  .toSorted((one, other) => versionIn(one) - versionIn(other))
  .at(-1);

/** Whether tests with PostgreSQL have to be skipped. Says so once; with CI set, it fails. */
export function lacksPostgres(): boolean {
  return lacks("a PostgreSQL server (postgresql)", postgresBin !== undefined);
}

/**
 * Vitest's global setup. It runs in the process that starts the others, with which the server ends.
 */
export function setup(): void {
  process.env[FOLDER] ??= newFolderName();
}

let server: Promise<PostgresServer> | undefined;

/** This run's server. The first call of all processes starts it. */
export function postgresServer(): Promise<PostgresServer> {
  server ??= startOrFind(process.env[FOLDER] ?? newFolderName());
  return server;
}

/** For DATABASE_URL: of a superuser, through loopback. */
export function postgresUrl({ port, password }: PostgresServer, database: string): string {
  return `postgres://postgres:${password}@127.0.0.1:${port}/${database}`;
}

/** It names the process with which the server ends. */
function newFolderName(): string {
  return join(tmpdir(), `nova-postgres-${process.pid}-${randomBytes(4).toString("hex")}`);
}

async function startOrFind(folder: string): Promise<PostgresServer> {
  if (postgresBin === undefined) {
    throw new Error("no PostgreSQL server is installed");
  }
  const file = join(folder, "server.json");
  if (isNew(folder)) {
    const password = randomBytes(12).toString("hex");
    const started = { bin: postgresBin, folder, port: await freePort(), password };
    await start(started);
    writeFileSync(`${file}.new`, JSON.stringify(started), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  return eventually(async () => JSON.parse(readFileSync(file, "utf8")), {
    timeoutMs: 60_000,
    describe: "another process has started PostgreSQL",
  });
}

/** Makes the folder, unless another process of this run has made it. */
function isNew(folder: string): boolean {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) === "EEXIST") {
      return false;
    }
    throw error;
  }
  if (process.geteuid?.() === 0) {
    chownSync(folder, NOBODY.uid, NOBODY.gid);
  }
  return true;
}

/**
 * Beside the server there is a shell that ends it and removes its folder once the process that
 * started the tests has ended, however that was. Nothing is synced to the disk: only a power cut
 * would need that.
 */
const KEEPER = `
  umask 077
  cd "$folder"
  printf %s "$password" > password
  "$bin/initdb" --pgdata=data --username=postgres --pwfile=password --auth=password --encoding=UTF8 \\
    --locale=C --no-sync --no-instructions > initdb.log 2>&1 || exit
  "$bin/postgres" -D data -p "$port" -k "$folder" -c listen_addresses=127.0.0.1 -c max_connections=300 \\
    -c shared_buffers=64MB -c fsync=off -c full_page_writes=off -c autovacuum_naptime=10min -c "log_line_prefix=%d " > server.log 2>&1 &
  while kill -0 $! && [ -d "/proc/$owner" ]; do sleep 1; done
  kill -QUIT $!
  wait
  cd /
  rm -rf "$folder"`;

async function start({ folder, port, password, ...started }: PostgresServer): Promise<void> {
  const owner = /nova-postgres-(\d+)-/.exec(folder)?.[1] ?? String(process.pid);
  const env = { PATH: process.env["PATH"], bin: started.bin, folder, port: String(port), password, owner };
  // Apart from this process's group, which Ctrl-C ends.
  const options = { env, detached: true, stdio: "ignore", ...(process.geteuid?.() === 0 && NOBODY) } as const;
  const keeper = spawn("sh", ["-c", KEEPER], options);
  keeper.unref();
  await eventually(
    () => {
      if (keeper.exitCode !== null) {
        throw new Error(`PostgreSQL did not start: see ${folder}`);
      }
      return readFileSync(join(folder, "server.log"), "utf8").includes("ready to accept connections");
    },
    { timeoutMs: 60_000, describe: "PostgreSQL is ready" },
  );
}

function versionIn(path: string): number {
  return Number(/\/(\d+)\//.exec(path)?.[1]);
}
