import { loadavg } from "node:os";
import { type Load, measure, PINNING, type Server, warmUp, withServer } from "./fleet-server.ts";
import type { BenchOptions } from "./options.ts";
import { withPostgresFleet } from "./postgres-fleet.ts";
import { type Section, spread } from "./table.ts";

const CONNECTIONS = 64;
/** Heartbeats are written every four seconds at the largest size. */
const WRITTEN_AFTER_MS = 5000;

/** What is measured in turns. */
interface Side {
  readonly engine: "SQLite" | "PostgreSQL";
  readonly load: Load;
  readonly server: Server;
  /** Of each round: syncs a second of processor time. */
  readonly rounds: number[];
}

/** What a sync costs the control plane as a fleet grows, on both engines in the same rounds. */
export async function measureFlatness({ quick, log }: BenchOptions): Promise<Section> {
  const sizes = quick ? [10, 10_000] : [10, 1000, 10_000, 100_000];
  const loads = sizes.map((executors) => {
    return { executors, connections: CONNECTIONS, seconds: quick ? 4 : 8, rate: 0 };
  });
  const averages: number[] = [];
  const sides = await withSides(loads, [], async (started) => {
    for (const { engine, server, load } of started) {
      log(`flatness: warming up ${engine} with ${load.executors} executors`);
      await warmUp(server, load);
    }
    const count = quick ? 3 : 6;
    for (let round = 0; round < count; round += 1) {
      log(`flatness: round ${round + 1} of ${count}`);
      averages.push(loadavg()[0] ?? 0);
      for (const side of round % 2 === 0 ? started : started.toReversed()) {
        side.rounds.push((await measure(side.server, side.load, WRITTEN_AFTER_MS)).perCpuSecond);
      }
    }
    return started;
  });
  return {
    title: "From ten executors to many, saturated",
    header: ["", "executors", "syncs a second of processor time", `of ${sizes[0]}`],
    rows: sides.map((side) => {
      const base = sides.find(({ engine }) => engine === side.engine) ?? side;
      const ratios = side.rounds.map((mine, round) => mine / (base.rounds[round] ?? Number.NaN));
      const { engine, load, rounds } = side;
      return [
        engine,
        load.executors.toLocaleString("en"),
        spread(rounds, 0),
        side === base ? "" : `${spread(ratios, 2)}×`,
      ];
    }),
    notes: [
      `All servers run all the time and are measured in turns; ratios are round by round. Processor time of the control plane alone, until heartbeats are written. ${PINNING} Load average before the rounds: ${spread(averages)}.`,
    ],
  };
}

/** Starts a control plane on each engine for each load; those of one engine are listed together. */
async function withSides<Result>(
  [load, ...others]: readonly Load[],
  started: readonly Side[],
  task: (sides: readonly Side[]) => Promise<Result>,
): Promise<Result> {
  if (load === undefined) {
    return await task(started.toSorted((one, other) => other.engine.localeCompare(one.engine)));
  }
  return await withServer("control-plane", load, (sqlite) =>
    withPostgresFleet(1, load.executors, ({ servers: [postgres] }) => {
      const own: Side[] = [{ engine: "SQLite", load, server: sqlite, rounds: [] }];
      if (postgres !== undefined) {
        own.push({ engine: "PostgreSQL", load, server: postgres, rounds: [] });
      }
      return withSides(others, [...started, ...own], task);
    }),
  );
}
