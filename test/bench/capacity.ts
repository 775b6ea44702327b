import { join } from "node:path";
import {
  type Load,
  type Measured,
  measure,
  PINNING,
  type Server,
  warmUp,
  withServer,
} from "./fleet-server.ts";
import { OpenPages } from "./open-pages.ts";
import type { BenchOptions } from "./options.ts";
import { percent, type Section, spread } from "./table.ts";

const SUSTAINED_RATE = 2000;
const SUSTAINED_EXECUTORS = 10_000;

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
    await using _pages = new OpenPages(join(server.folder, "management.sock"));
    return [await measure(server, load)];
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
      `${PINNING} Saturated: 64 connections, each sends as soon as it was answered. Sustained: each executor on its own connection every 5 s; latency from the moment the request was due; the floor uses ${floorCore} of the core for the same. The floor: node:http, JSON read, a constant answer; ratio of syncs for each second of processor time. SQLite on disk, synchronous=FULL.`,
    ],
  };
}

async function repeat(rounds: number, server: Server, load: Load): Promise<readonly Measured[]> {
  await warmUp(server, load);
  const measured: Measured[] = [];
  for (let round = 0; round < rounds; round += 1) {
    measured.push(await measure(server, load));
  }
  return measured;
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
