import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { EXECUTABLE } from "../../packaging/paths.ts";
import { openPostgresFolder } from "../support/control-plane/postgres-folder.ts";
import { query } from "../support/control-plane/store/postgres-databases.ts";
import { freePort } from "../support/free-port.ts";
import { temporaryDirectory } from "../support/temp-dir.ts";
import { fillFleetDatabase } from "./fleet-database.ts";
import { listening, type Server, startReleased } from "./fleet-server.ts";
import { removeAtExit } from "./leftovers.ts";
import { type Usage, usageOf } from "./process-usage.ts";

/** Control planes that share a PostgreSQL server of their own. */
export interface PostgresFleet {
  readonly servers: readonly Server[];
  /** Of the database server. */
  readonly usage: () => Usage;
}

/**
 * A fleet that syncs with so many control planes. The database server has PostgreSQL's settings, so
 * that a commit waits for the disk, but for its memory: 256 MiB instead of 128.
 */
export async function withPostgresFleet<Result>(
  replicas: number,
  executors: number,
  task: (fleet: PostgresFleet) => Promise<Result>,
): Promise<Result> {
  const temporary = temporaryDirectory();
  const postgres = openPostgresFolder(["shared_buffers=256MB"]);
  const keep = removeAtExit(postgres.kill);
  await using started = new AsyncDisposableStack();
  started.defer(async () => {
    await postgres.end();
    temporary.remove();
    keep();
  });
  const port = await freePort();
  await postgres.initialize("data");
  const database = await postgres.start("data", port);
  const seed = randomUUID();
  await fill(temporary.path, postgres.url(port), executors, seed);
  const servers: Server[] = [];
  for (let index = 0; index < replicas; index += 1) {
    const folder = join(temporary.path, `${index}`);
    mkdirSync(folder);
    writeFileSync(join(folder, "seed"), seed);
    const at = await freePort();
    const released = { build: EXECUTABLE, databaseUrl: postgres.url(port) };
    const subject = started.use(startReleased(folder, at, released));
    await listening(at);
    // The second begins with other executors, so that each syncs with one and the other in turn.
    servers.push({ subject, port: at, folder, seed, syncs: Math.floor((executors / replicas) * index) });
  }
  return await task({ servers, usage: () => usageOf(database.pid ?? 0) });
}

/** By the program's own `migrate`, from the SQLite file of such a fleet. */
async function fill(folder: string, url: string, executors: number, seed: string): Promise<void> {
  const file = join(folder, "fleet.db");
  await fillFleetDatabase(file, executors, seed);
  const target = join(folder, "target");
  writeFileSync(target, url, { mode: 0o600 });
  const program = join(folder, "novacula-control-plane");
  symlinkSync(EXECUTABLE, program);
  await promisify(execFile)(program, ["migrate", "--from", `file:${file}`, "--to-file", target]);
  await query(url, "vacuum analyze");
}
