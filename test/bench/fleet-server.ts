import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import * as z from "zod";
import { CHECKOUT } from "../../packaging/paths.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { temporaryDirectory } from "../support/temp-dir.ts";
import { type Subject, startSubject } from "./subject.ts";

/** A server for a fleet, pinned to a core, and a load generator on another that measures it. */

const run = promisify(execFile);
const GENERATOR = fileURLToPath(new URL("load-generator.ts", import.meta.url));
const FLOOR = fileURLToPath(new URL("floor-server.cjs", import.meta.url));
const TASKSET = "/usr/bin/taskset";
const hasTaskset = existsSync(TASKSET);

export const PINNING = hasTaskset
  ? "Server and load generator each pinned to a core of its own."
  : "taskset is missing: not pinned.";
/** Syncs of each executor after which all code is compiled and all that is remembered is known. */
const WARM_SYNCS = 4;
const WARM_STEP_SECONDS = 4;
/** In the place of a number of nodes, for the load generator. */
const NO_REPORT = -1;

const loadResult = z.object({
  /** All answers, also those before the counted time. */
  answers: z.number(),
  perSecond: z.number(),
  failed: z.number(),
  p50Ms: z.number(),
  p99Ms: z.number(),
  p999Ms: z.number(),
});

export interface Server {
  readonly subject: Subject;
  readonly port: number;
  readonly folder: string;
  /** Of the keys of its fleet (fleet-database.ts). */
  readonly seed: string;
  /** How many syncs the fleet has made so far. */
  syncs: number;
}

export interface Measured extends z.output<typeof loadResult> {
  /** Syncs for each second of processor time: what one core carries that has nothing else to do. */
  readonly perCpuSecond: number;
  /** Share of one core that was used. */
  readonly core: number;
  readonly pssMib: number;
}

export interface Load {
  readonly executors: number;
  readonly connections: number;
  readonly seconds: number;
  /** A second; 0: as many as it answers. */
  readonly rate: number;
  /** Of each executor; undefined: its agent is from before nodes. */
  readonly nodes?: number;
}

/** Lets every executor sync several times before anything is measured. */
export async function warmUp(server: Server, load: Load): Promise<void> {
  while (server.syncs < WARM_SYNCS * load.executors) {
    await measure(server, { ...load, seconds: WARM_STEP_SECONDS });
  }
}

/**
 * Puts a load on the server and measures both. `settleMs`: also count the processor time for what
 * the server writes that long after the last sync.
 */
export async function measure(server: Server, load: Load, settleMs = 0): Promise<Measured> {
  const { subject, port, folder, syncs } = server;
  const before = subject.usage();
  const startedAtMs = performance.now();
  const { executors, connections, seconds, rate, nodes = NO_REPORT } = load;
  const words = [port, seedOf(folder), executors, connections, seconds, rate, syncs, nodes].map(String);
  const [program, args] = pinned(1, process.execPath, [GENERATOR, ...words]);
  const { stdout } = await run(program, [...args]);
  const lastedMs = performance.now() - startedAtMs;
  const result = loadResult.parse(JSON.parse(stdout));
  server.syncs += result.answers;
  await pause(settleMs);
  const after = subject.usage();
  const cpuMs = after.cpuMs - before.cpuMs;
  return {
    ...result,
    perCpuSecond: (result.answers / cpuMs) * 1000,
    core: cpuMs / lastedMs,
    pssMib: after.pssKib / 1024,
  };
}

export async function withServer<Result>(
  kind: "floor" | "control-plane",
  { executors, nodes }: Load,
  task: (server: Server) => Promise<Result>,
  checkout = CHECKOUT,
): Promise<Result> {
  const temporary = temporaryDirectory();
  const folder = temporary.path;
  const port = await freePort();
  writeFileSync(join(folder, "seed"), randomUUID());
  try {
    if (kind === "control-plane") {
      await (await fleetDatabaseOf(checkout)).fillFleetDatabase(
        join(folder, "control-plane.db"),
        executors,
        seedOf(folder),
        nodes,
      );
    }
    await using subject =
      kind === "floor"
        ? startFloor(folder, port)
        : startReleased(folder, port, {
            build: join(checkout, "dist", "novacula-agent"),
            databaseUrl: `file:${join(folder, "control-plane.db")}`,
          });
    await listening(port);
    return await task({ subject, port, folder, seed: seedOf(folder), syncs: 0 });
  } finally {
    temporary.remove();
  }
}

/** A database made by that checkout, because an older control plane opens no newer one. */
async function fleetDatabaseOf(checkout: string): Promise<typeof import("./fleet-database.ts")> {
  return await import(pathToFileURL(join(checkout, "test", "bench", "fleet-database.ts")).href);
}

function startFloor(folder: string, port: number): Subject {
  const [program, args] = pinned(0, process.execPath, [FLOOR, String(port)]);
  return startSubject({ folder, program }, args);
}

export interface Released {
  /** The binary. */
  readonly build: string;
  readonly databaseUrl: string;
}

export function startReleased(folder: string, port: number, { build, databaseUrl }: Released): Subject {
  mkdirSync(join(folder, "bin"));
  const executable = join(folder, "bin", "novacula-control-plane");
  symlinkSync(build, executable);
  const [program, args] = pinned(0, executable, ["serve"]);
  const environment = {
    DATABASE_URL: databaseUrl,
    MANAGEMENT_SOCKET: join(folder, "management.sock"),
    PORT: String(port),
    LOG_LEVEL: "warn",
  };
  return startSubject({ folder, program }, args, environment);
}

function pinned(core: number, program: string, args: readonly string[]): [string, readonly string[]] {
  return hasTaskset ? [TASKSET, ["-c", String(core), program, ...args]] : [program, args];
}

function seedOf(folder: string): string {
  return readFileSync(join(folder, "seed"), "utf8");
}

export async function listening(port: number): Promise<void> {
  await eventually(() => isListening(port), { timeoutMs: 60_000, describe: "the server listens" });
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1");
    socket
      .once("error", () => resolve(false))
      .once("connect", () => {
        socket.destroy();
        resolve(true);
      });
  });
}
