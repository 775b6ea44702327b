import { loadavg } from "node:os";
import { type Load, measure, PINNING, type Server, warmUp, withServer } from "./fleet-server.ts";
import type { BenchOptions } from "./options.ts";
import { type PostgresFleet, withPostgresFleet } from "./postgres-fleet.ts";
import { type Section, spread } from "./table.ts";

const EXECUTORS = 10_000;
const CONNECTIONS = 64;
/** Heartbeats are written every four seconds at this size. */
const WRITTEN_AFTER_MS = 5000;

/** One round of a side, all of its control planes together. */
interface Round {
  readonly answers: number;
  readonly failed: number;
  /** Processor time of a sync, µs. */
  readonly app: number;
  /** The same of the database server; undefined: the control plane is its own. */
  readonly database: number | undefined;
  readonly p99Ms: number;
}

/** What is measured in turns: the name, and one round of it. */
interface Side {
  readonly name: string;
  readonly servers: readonly Server[];
  readonly databaseMs: (() => number) | undefined;
  /** Of the load's pace. */
  readonly share: number;
  readonly rounds: Round[];
}

const HALF = "PostgreSQL, half of the syncs";

/**
 * SQLite, PostgreSQL, and two control planes on PostgreSQL, side by side: saturated, and at the pace
 * of such a fleet, at which reads are shared less and each sync writes its heartbeat. A process that
 * has less to do needs more for each sync, because it does less at a time. So two that share a fleet
 * are also held against one with as many syncs as each of them.
 */
export async function measureEngines({ quick, log }: BenchOptions): Promise<readonly Section[]> {
  const saturated = {
    executors: EXECUTORS,
    connections: CONNECTIONS,
    rate: 0,
    seconds: quick ? 4 : 8,
  };
  const paced = { ...saturated, connections: 1000, rate: 2000, seconds: quick ? 8 : 20 };
  const without = { executors: EXECUTORS, connections: CONNECTIONS, rate: 0, seconds: 4 };
  return await withServer("control-plane", without, (sqlite) =>
    withPostgresFleet(1, EXECUTORS, (one) =>
      withPostgresFleet(2, EXECUTORS, async (two) => {
        const sides = [
          { name: "SQLite", servers: [sqlite], databaseMs: undefined, share: 1, rounds: [] },
          sideOf("PostgreSQL", one),
          sideOf("PostgreSQL, two control planes", two),
        ];
        const halves = [...sides, { ...sideOf(HALF, one), share: 0.5 }];
        for (const server of sides.flatMap(({ servers }) => servers)) {
          log(`engines: warming up ${server.port}`);
          await warmUp(server, saturated);
        }
        return [
          await inTurns("saturated", sides, saturated, quick ? 3 : 8, log),
          await inTurns("2,000 syncs a second", halves, paced, quick ? 3 : 6, log),
        ];
      }),
    ),
  );
}

function sideOf(name: string, { servers, usage }: PostgresFleet): Side {
  return { name, servers, databaseMs: () => usage().cpuMs, share: 1, rounds: [] };
}

async function inTurns(
  title: string,
  sides: readonly Side[],
  load: Load,
  count: number,
  log: (line: string) => void,
): Promise<Section> {
  const loads: number[] = [];
  const fresh = sides.map((side) => ({ ...side, rounds: [] as Round[] }));
  for (let round = 0; round < count; round += 1) {
    log(`engines: ${title}, round ${round + 1} of ${count}`);
    loads.push(loadavg()[0] ?? 0);
    for (const side of round % 2 === 0 ? fresh : fresh.toReversed()) {
      side.rounds.push(await measureSide(side, load));
    }
  }
  const [sqlite, one] = fresh;
  const half = fresh.find(({ name }) => name === HALF);
  return {
    title: `SQLite and PostgreSQL, ${EXECUTORS.toLocaleString("en")} executors, ${title}`,
    header: [
      "",
      "a second of processor time",
      "of SQLite",
      "µs of a sync",
      "of one on PostgreSQL",
      ...(half === undefined ? [] : ["of one with as many syncs as each"]),
      "PostgreSQL, µs of a sync",
      "p99, ms",
      "failed",
    ],
    rows: fresh.map((side) => row(side, { sqlite, one, half })),
    notes: [
      `Rounds in turns, each with all control planes of a row together; ratios are round by round. Processor time from /proc, until heartbeats are written. PostgreSQL's is that of all of its processes. Of two control planes, each executor syncs with one and the other in turn. ${PINNING} PostgreSQL is not pinned. Load average before the rounds: ${spread(loads)}.`,
    ],
  };
}

async function measureSide({ servers, databaseMs, share: ofPace }: Side, load: Load): Promise<Round> {
  const before = databaseMs?.() ?? 0;
  const part = ofPace / servers.length;
  const share = { connections: load.connections * part, rate: load.rate * part };
  const all = await Promise.all(
    servers.map((server) => measure(server, { ...load, ...share }, WRITTEN_AFTER_MS)),
  );
  const answers = all.reduce((sum, one) => sum + one.answers, 0);
  const cpuSeconds = all.reduce((sum, one) => sum + one.answers / one.perCpuSecond, 0);
  return {
    answers,
    failed: all.reduce((sum, one) => sum + one.failed, 0),
    app: (cpuSeconds * 1e6) / answers,
    database: databaseMs === undefined ? undefined : ((databaseMs() - before) * 1000) / answers,
    p99Ms: Math.max(...all.map(({ p99Ms }) => p99Ms)),
  };
}

/** What a row is held against. */
interface Others {
  readonly sqlite: Side | undefined;
  readonly one: Side | undefined;
  readonly half: Side | undefined;
}

function row({ name, servers, rounds }: Side, { sqlite, one, half }: Others): string[] {
  const database = rounds.flatMap((round) => (round.database === undefined ? [] : [round.database]));
  const against = (other: Side | undefined, of: (mine: Round, theirs: Round) => number) =>
    `${spread(
      rounds.map((mine, n) => of(mine, other?.rounds[n] ?? mine)),
      2,
    )}×`;
  return [
    name,
    spread(
      rounds.map(({ app }) => 1e6 / app),
      0,
    ),
    against(sqlite, (mine, theirs) => theirs.app / mine.app),
    spread(rounds.map(({ app }) => app)),
    name === "SQLite" ? "" : against(one, (mine, theirs) => mine.app / theirs.app),
    ...(half === undefined
      ? []
      : [servers.length === 1 ? "" : against(half, (mine, theirs) => mine.app / theirs.app)]),
    database.length === 0 ? "" : spread(database),
    spread(rounds.map(({ p99Ms }) => p99Ms)),
    String(rounds.reduce((sum, { failed }) => sum + failed, 0)),
  ];
}
