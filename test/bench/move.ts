import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { EXECUTABLE } from "../../packaging/paths.ts";
import { fillLargeDatabase } from "../support/control-plane/large-database.ts";
import { openPostgresFolder, type PostgresFolder } from "../support/control-plane/postgres-folder.ts";
import { freePort } from "../support/free-port.ts";
import { temporaryDirectory } from "../support/temp-dir.ts";
import { fillNodes } from "./fleet-database.ts";
import { removeAtExit } from "./leftovers.ts";
import type { BenchOptions } from "./options.ts";
import type { Section } from "./table.ts";

const EXECUTORS = 10_000;
const NODES = 5;
const LOOK_MS = 100;
const moved = z.object({ migrated: z.object({ tables: z.array(z.object({ rows: z.number() })) }) });

interface Move {
  readonly auditEvents: number;
  readonly rows: number;
  readonly mebibytes: number;
  readonly seconds: number;
  readonly peakMebibytes: number;
}

/** How long `migrate` takes, and how much memory: with 500 keys, and a small and a large audit log. */
export async function measureMove({ quick, log }: BenchOptions): Promise<Section> {
  const temporary = temporaryDirectory();
  const postgres = openPostgresFolder([]);
  const keep = removeAtExit(postgres.kill);
  await using started = new AsyncDisposableStack();
  started.defer(async () => {
    await postgres.end();
    temporary.remove();
    keep();
  });
  const before = loadavg()[0] ?? 0;
  const rows: Move[] = [];
  for (const auditEvents of quick ? [1000, 100_000] : [1000, 1_000_000]) {
    log(`move: ${auditEvents} audit events`);
    rows.push(await moveOnce(temporary.path, postgres, auditEvents));
  }
  return {
    title: "A move from SQLite to PostgreSQL",
    header: ["audit events", "rows", "SQLite file, MiB", "seconds", "peak memory of the command, MiB"],
    rows: rows.map(({ auditEvents, rows: count, mebibytes, seconds, peakMebibytes }) => [
      auditEvents.toLocaleString("en"),
      count.toLocaleString("en"),
      mebibytes.toFixed(0),
      seconds.toFixed(0),
      peakMebibytes.toFixed(0),
    ]),
    notes: [
      `500 keys, ${EXECUTORS.toLocaleString("en")} executors with ${NODES} nodes each. Once each, with PostgreSQL's settings, on the same machine. Load average before: ${before.toFixed(1)}.`,
    ],
  };
}

async function moveOnce(folder: string, postgres: PostgresFolder, auditEvents: number): Promise<Move> {
  const file = join(folder, `${auditEvents}.db`);
  const sizes = { keys: 500, executors: EXECUTORS, auditEvents, actors: 3000 };
  await fillLargeDatabase(file, sizes, Date.now());
  const database = new DatabaseSync(file);
  database.exec("begin");
  fillNodes(database, EXECUTORS, NODES, Date.now());
  database.exec("commit; pragma wal_checkpoint(truncate)");
  database.close();
  const data = `data-${auditEvents}`;
  const port = await freePort();
  await postgres.initialize(data);
  const server = await postgres.start(data, port);
  const { seconds, peakMebibytes, stdout } = await migrated(folder, file, postgres.url(port));
  await postgres.stop(server, "SIGINT");
  const rows = moved.parse(JSON.parse(stdout)).migrated.tables.reduce((sum, table) => sum + table.rows, 0);
  return { auditEvents, rows, mebibytes: statSync(file).size / 2 ** 20, seconds, peakMebibytes };
}

async function migrated(folder: string, file: string, url: string) {
  const target = join(folder, "target");
  writeFileSync(target, url, { mode: 0o600 });
  const program = join(folder, "novacula-control-plane");
  rmSync(program, { force: true });
  symlinkSync(EXECUTABLE, program);
  const startedAt = performance.now();
  const args = ["migrate", "--from", `file:${file}`, "--to-file", target, "--json"];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  const stdout = text(child.stdout);
  let peakKib = 0;
  const look = setInterval(() => {
    peakKib = Math.max(peakKib, peakOf(child.pid ?? 0));
  }, LOOK_MS);
  const [exitCode] = await once(child, "close");
  clearInterval(look);
  if (exitCode !== 0) {
    throw new Error(`migrate ended with ${exitCode}`);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  return { seconds, peakMebibytes: peakKib / 1024, stdout: await stdout };
}

/** The most that it has had in memory so far, in KiB; 0 once it has ended. */
function peakOf(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/mu.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
