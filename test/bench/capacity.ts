import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createConnection, createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import * as z from "zod";
import { CHECKOUT } from "../../packaging/paths.ts";
import { eventually } from "../support/eventually.ts";
import { temporaryDirectory } from "../support/temp-dir.ts";
import type { BenchOptions } from "./options.ts";
import { type Subject, startSubject } from "./subject.ts";
import { percent, ratio, type Section, spread } from "./table.ts";

const run = promisify(execFile);
const GENERATOR = fileURLToPath(new URL("load-generator.ts", import.meta.url));
const FLOOR = fileURLToPath(new URL("floor-server.cjs", import.meta.url));
const TASKSET = "/usr/bin/taskset";
const hasTaskset = existsSync(TASKSET);
const SUSTAINED_RATE = 2000;
const SUSTAINED_EXECUTORS = 10_000;
const PAGE_INTERVAL_MS = 2000;
/** Syncs a second at which a fleet's first round is sure to end in time. */
const SLOWEST_ROUND = 4000;

const loadResult = z.object({
  perSecond: z.number(),
  failed: z.number(),
  p50Ms: z.number(),
  p99Ms: z.number(),
  p999Ms: z.number(),
});

interface Server {
  readonly subject: Subject;
  readonly port: number;
  readonly folder: string;
}

interface Measured extends z.output<typeof loadResult> {
  /** Syncs for each second of processor time: what one core carries that has nothing else to do. */
  readonly perCpuSecond: number;
  /** Share of one core that was used. */
  readonly core: number;
  readonly pssMib: number;
}

interface Load {
  readonly executors: number;
  readonly connections: number;
  readonly seconds: number;
  /** A second; 0: as many as it answers. */
  readonly rate: number;
  /** How many measurements of this server came before. */
  readonly round?: number;
  /** Of each executor. */
  readonly nodes?: number;
}

/**
 * Measures the released control plane and an HTTP server that does nothing on one core, with the
 * load generator on another.
 */
export async function measureCapacity({ quick, log }: BenchOptions): Promise<Section> {
  const sizes = quick ? [10, 10_000] : [10, 1000, 10_000, 100_000];
  const rounds = quick ? 1 : 3;
  const seconds = quick ? 4 : 8;
  const rows: string[][] = [];
  for (const executors of sizes) {
    log(`capacity: ${executors} executors, saturated`);
    const load = { executors, connections: 64, seconds, rate: 0 };
    const floor = await withServer("floor", load, (server) => repeat(rounds, server, load));
    const ours = await withServer("control-plane", load, (server) => repeat(rounds, server, load));
    rows.push(row(`saturated, ${executors.toLocaleString("en")} executors`, ours, floor));
  }
  const load = {
    executors: SUSTAINED_EXECUTORS,
    connections: SUSTAINED_EXECUTORS,
    seconds: quick ? 30 : 300,
    rate: SUSTAINED_RATE,
  };
  log(
    `capacity: ${SUSTAINED_RATE} a second from ${load.connections} connections for ${load.seconds} s, with a page open`,
  );
  const floor = await withServer("floor", load, async (server) => [await measure(server, load)]);
  const sustained = await withServer("control-plane", load, async (server) => {
    await measure(server, { ...load, seconds: 5 });
    const page = setInterval(() => lookAtPage(server), PAGE_INTERVAL_MS);
    const measured = await measure(server, { ...load, round: 1 });
    clearInterval(page);
    return [measured];
  });
  const floorCore = percent(Math.max(...floor.map(({ core }) => core)), 0);
  rows.push(
    row(
      `${SUSTAINED_RATE.toLocaleString("en")} a second, ${load.connections.toLocaleString("en")} connections, a page open, ${load.seconds} s`,
      sustained,
      floor,
    ),
  );
  return {
    title: "The control plane on one core",
    header: [
      "",
      "syncs a second",
      "a second of processor time",
      "of the floor",
      "p50, ms",
      "p99, ms",
      "core used",
      "PSS, MiB",
      "failed",
    ],
    rows,
    notes: [
      `${hasTaskset ? "Server and load generator each pinned to a core of its own." : "taskset is missing: not pinned."} Saturated: 64 connections, each sends as soon as it was answered. Sustained: each executor on its own connection every 5 s; latency from the moment the request was due; the floor uses ${floorCore} of the core for the same. The floor: node:http, JSON read, a constant answer; ratio of syncs for each second of processor time. SQLite on disk, synchronous=FULL.`,
    ],
  };
}

/** Compares how two builds saturate one core: in turns, within the same time. */
export async function compareCapacity({ quick, against, log }: BenchOptions): Promise<Section> {
  const sizes = quick ? [1000] : [10, 10_000];
  const rounds = quick ? 3 : 6;
  const rows: string[][] = [];
  for (const executors of sizes) {
    const load = { executors, connections: 64, seconds: 6, rate: 0 };
    const ours: Measured[] = [];
    const theirs: Measured[] = [];
    await withServer("control-plane", load, (server) =>
      withServer(
        "control-plane",
        load,
        async (other) => {
          await repeat(0, server, load);
          await repeat(0, other, load);
          for (let round = 1; round <= rounds; round += 1) {
            log(`compare: ${executors} executors, round ${round} of ${rounds}`);
            ours.push(await measure(server, { ...load, round }));
            theirs.push(await measure(other, { ...load, round }));
          }
        },
        against,
      ),
    );
    rows.push([
      `saturated, ${executors.toLocaleString("en")} executors`,
      ...[ours, theirs].map((all) =>
        spread(
          all.map(({ perSecond }) => perSecond),
          0,
        ),
      ),
      ratio(
        ours.map(({ perSecond }) => perSecond),
        theirs.map(({ perSecond }) => perSecond),
        3,
      ),
      ratio(
        ours.map(({ perCpuSecond }) => perCpuSecond),
        theirs.map(({ perCpuSecond }) => perCpuSecond),
        3,
      ),
      String([...ours, ...theirs].reduce((sum, { failed }) => sum + failed, 0)),
    ]);
  }
  return {
    title: "Two builds of the control plane on one core",
    header: [
      "",
      "syncs a second",
      "the other build",
      "ratio, round by round",
      "ratio for each second of processor time",
      "failed",
    ],
    rows,
    notes: [
      "Both run all the time, one idle while the other is asked; the load as in the table of one build. What else the machine does falsifies the processor time less.",
    ],
  };
}

/** What nodes cost the control plane: the same fleet with five nodes each and without, in turns. */
export async function compareNodes({ quick, log }: BenchOptions): Promise<Section> {
  const rounds = quick ? 3 : 6;
  const without = { executors: 10_000, connections: 64, seconds: quick ? 4 : 8, rate: 0 };
  const withNodes = { ...without, nodes: 5 };
  const ours: Measured[] = [];
  const plain: Measured[] = [];
  await withServer("control-plane", withNodes, (server) =>
    withServer("control-plane", without, async (other) => {
      await repeat(0, server, withNodes);
      await repeat(0, other, without);
      for (let round = 1; round <= rounds; round += 1) {
        log(`nodes: round ${round} of ${rounds}`);
        ours.push(await measure(server, { ...withNodes, round }));
        plain.push(await measure(other, { ...without, round }));
      }
    }),
  );
  const perCpuSecond = (all: readonly Measured[]) => all.map((one) => one.perCpuSecond);
  return {
    title: "What nodes cost the control plane",
    header: [
      "",
      "syncs a second",
      "a second of processor time",
      "of those without nodes",
      "p50, ms",
      "p99, ms",
      "core used",
      "PSS, MiB",
      "failed",
    ],
    rows: [row("10,000 executors with five nodes each", ours, plain), row("without nodes", plain)],
    notes: [
      `Saturated; both run all the time, one idle while the other is asked. With nodes: every sync carries what the executor has seen, and each twelfth, as once a minute, the figures of its five nodes with grown heights. Ratio, round by round: ${ratio(perCpuSecond(ours), perCpuSecond(plain), 3)}.`,
    ],
  };
}

async function repeat(rounds: number, server: Server, load: Load): Promise<readonly Measured[]> {
  // Every executor has synced once before anything is measured.
  await measure(server, { ...load, seconds: Math.max(2, load.executors / SLOWEST_ROUND) });
  const measured: Measured[] = [];
  for (let round = 0; round < rounds; round += 1) {
    measured.push(await measure(server, { ...load, round: round + 1 }));
  }
  return measured;
}

async function measure({ subject, port, folder }: Server, load: Load): Promise<Measured> {
  const before = subject.usage();
  const startedAtMs = performance.now();
  const words = [
    port,
    seedOf(folder),
    load.executors,
    load.connections,
    load.seconds,
    load.rate,
    load.round ?? 0,
    load.nodes ?? 0,
  ].map(String);
  const [program, args] = pinned(1, process.execPath, [GENERATOR, ...words]);
  const { stdout } = await run(program, [...args]);
  const result = loadResult.parse(JSON.parse(stdout));
  const after = subject.usage();
  const cpuMs = after.cpuMs - before.cpuMs;
  const answered = result.perSecond * load.seconds;
  return {
    ...result,
    perCpuSecond: (answered / cpuMs) * 1000,
    core: cpuMs / (performance.now() - startedAtMs),
    pssMib: after.pssKib / 1024,
  };
}

function row(name: string, ours: readonly Measured[], floor?: readonly Measured[]): string[] {
  const of = (value: (one: Measured) => number, digits = 0) => spread(ours.map(value), digits);
  const ratios = ours.map((one, round) => one.perCpuSecond / (floor?.[round]?.perCpuSecond ?? Number.NaN));
  return [
    name,
    of(({ perSecond }) => perSecond),
    of(({ perCpuSecond }) => perCpuSecond),
    floor === undefined ? "" : `${spread(ratios, 2)}×`,
    of(({ p50Ms }) => p50Ms, 1),
    of(({ p99Ms }) => p99Ms, 1),
    percent(Math.max(...ours.map(({ core }) => core)), 0),
    of(({ pssMib }) => pssMib),
    String(ours.reduce((sum, { failed }) => sum + failed, 0)),
  ];
}

async function withServer<Result>(
  kind: "floor" | "control-plane",
  { executors, nodes = 0 }: Load,
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
        : startReleased(folder, port, join(checkout, "dist", "novacula-agent"));
    await eventually(() => isListening(port), { timeoutMs: 15_000, describe: "the server listens" });
    return await task({ subject, port, folder });
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

function startReleased(folder: string, port: number, build: string): Subject {
  mkdirSync(join(folder, "bin"));
  const executable = join(folder, "bin", "novacula-control-plane");
  symlinkSync(build, executable);
  const [program, args] = pinned(0, executable, ["serve"]);
  const environment = {
    DATABASE_URL: `file:${join(folder, "control-plane.db")}`,
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

/** What the page asks for while it is open: the newest keys and executors. */
function lookAtPage({ folder }: Server): void {
  const query = `{
    apiKeys(limit: 100) { id name status createdAt lastUsedAt }
    executors(limit: 100) { id name status lastSyncAt version }
  }`;
  const socketPath = join(folder, "management.sock");
  const headers = { "content-type": "application/json" };
  request({ socketPath, path: "/graphql", method: "POST", headers }, (response) => response.resume())
    .on("error", () => {})
    .end(JSON.stringify({ query }));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return address !== null && typeof address === "object" ? address.port : 0;
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
