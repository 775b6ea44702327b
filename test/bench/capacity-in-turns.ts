import { existsSync } from "node:fs";
import { join } from "node:path";
import { CHECKOUT } from "../../packaging/paths.ts";
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
import { type Section, spread } from "./table.ts";

/** One of two control planes that are measured in turns, each with its fleet. */
interface Side {
  readonly load: Load;
  readonly checkout?: string;
  /** Whether people look at pages while it is measured. */
  readonly isLookedAt?: boolean;
}

type Pair = readonly [readonly Measured[], readonly Measured[]];

const SATURATED = { connections: 64, rate: 0 } as const;
/** What syncs leave behind is written every four seconds. */
const WRITTEN_AFTER_MS = 5000;
const RATIOS = ["syncs a second, ratio", "a second of processor time, ratio"] as const;
const NOTE = `Saturated; both run all the time, one idle while the other is asked, in turns that begin with one and the other. Every executor has synced four times before. Processor time is that of the server process, from /proc, until what the round left behind is written; other load on the machine falsifies it less than the throughput. Ratios are round by round. ${PINNING}`;

/** Compares how two builds saturate one core, without nodes and, if both know them, with. */
export async function compareCapacity({ quick, against, log }: BenchOptions): Promise<Section> {
  const checkout = against ?? CHECKOUT;
  const fleets = quick ? [{ executors: 1000 }] : [{ executors: 10 }, { executors: 10_000 }];
  const knowsNodes = existsSync(join(checkout, "src", "control-plane", "nodes"));
  const withNodes = knowsNodes ? [{ executors: quick ? 1000 : 10_000, nodes: 5 }] : [];
  const rows: string[][] = [];
  for (const fleet of [...fleets, ...withNodes]) {
    const load = { ...SATURATED, ...fleet, seconds: quick ? 4 : 6 };
    const pair = await inTurns([{ load }, { load, checkout }], quick ? 3 : 12, log);
    rows.push(...rowsOf(pair, [nameOf(fleet), "— the other build"]));
  }
  return { title: "Two builds of the control plane on one core", header: headerOf(), rows, notes: [NOTE] };
}

/**
 * What nodes cost the control plane: the same fleet with five nodes each and without, and what an
 * agent that knows nodes costs that has none: its requests and the answers are longer.
 */
export async function compareNodes({ quick, log }: BenchOptions): Promise<Section> {
  const before = { ...SATURATED, executors: 10_000, seconds: quick ? 4 : 6 };
  const without = { ...before, nodes: 0 };
  const rows: string[][] = [];
  for (const [load, other] of [
    [{ ...before, nodes: 5 }, without],
    [without, before],
  ] as const) {
    const pair = await inTurns([{ load }, { load: other }], quick ? 4 : 20, log);
    rows.push(...rowsOf(pair, [nameOf(load), `— ${nameOf(other)}`]));
  }
  return {
    title: "What nodes cost the control plane",
    header: headerOf(),
    rows,
    notes: [
      "Every sync of an agent that knows nodes carries the change number that the executor has seen. As an agent reports nodes that run, each twelfth sync, as once a minute, carries the figures of its five nodes with grown heights. A report is whole when the control plane asks for it, as after its start.",
      NOTE,
    ],
  };
}

/** What open pages cost the syncs: the same fleet, with a page of each kind open and without. */
export async function comparePages({ quick, log }: BenchOptions): Promise<Section> {
  const load = { ...SATURATED, executors: 10_000, nodes: 0, seconds: 10 };
  const pair = await inTurns([{ load, isLookedAt: true }, { load }], quick ? 4 : 12, log);
  return {
    title: "What open pages cost the syncs",
    header: headerOf(),
    rows: rowsOf(pair, [`${nameOf(load)}, four pages open`, "— no page open"]),
    notes: [
      "The overview, the lists of executors and keys, and the audit log, each asked every five seconds.",
      NOTE,
    ],
  };
}

/** Each round starts with the other side, so that a load that grows or ends favours none. */
async function inTurns(
  [one, other]: readonly [Side, Side],
  rounds: number,
  log: (line: string) => void,
): Promise<Pair> {
  const pair: [Measured[], Measured[]] = [[], []];
  const begin = (side: Side, task: Parameters<typeof withServer<void>>[2]) =>
    withServer("control-plane", side.load, task, side.checkout);
  await begin(one, (first) =>
    begin(other, async (second) => {
      await warmUp(first, one.load);
      await warmUp(second, other.load);
      for (let round = 1; round <= rounds; round += 1) {
        log(`${nameOf(one.load)}: round ${round} of ${rounds}`);
        for (const side of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
          const server = side === 0 ? first : second;
          pair[side].push(await measureSide(server, side === 0 ? one : other));
        }
      }
    }),
  );
  return pair;
}

async function measureSide(server: Server, { load, isLookedAt }: Side): Promise<Measured> {
  if (isLookedAt !== true) {
    return await measure(server, load, WRITTEN_AFTER_MS);
  }
  await using _pages = new OpenPages(join(server.folder, "management.sock"));
  return await measure(server, load, WRITTEN_AFTER_MS);
}

function headerOf(): readonly string[] {
  return [
    "",
    "syncs a second",
    RATIOS[0],
    "a second of processor time",
    RATIOS[1],
    "p99, ms",
    "PSS, MiB",
    "failed",
  ];
}

function rowsOf([ours, theirs]: Pair, names: readonly [string, string]): string[][] {
  return [rowOf(names[0], ours, theirs), rowOf(names[1], theirs)];
}

function rowOf(name: string, side: readonly Measured[], other?: readonly Measured[]): string[] {
  const of = (value: (one: Measured) => number, digits = 0) => spread(side.map(value), digits);
  const ratio = (value: (one: Measured) => number) => {
    const ratios = (other ?? []).map((one, round) => value(side[round] ?? one) / value(one));
    return ratios.length === 0 ? "" : `${spread(ratios, 2)}×`;
  };
  return [
    name,
    of(({ perSecond }) => perSecond),
    ratio(({ perSecond }) => perSecond),
    of(({ perCpuSecond }) => perCpuSecond),
    ratio(({ perCpuSecond }) => perCpuSecond),
    of(({ p99Ms }) => p99Ms, 1),
    of(({ pssMib }) => pssMib),
    String(side.reduce((sum, { failed }) => sum + failed, 0)),
  ];
}

function nameOf({ executors, nodes }: Pick<Load, "executors" | "nodes">): string {
  const fleet = `${executors.toLocaleString("en")} executors`;
  if (nodes === undefined) {
    return `${fleet} from before nodes`;
  }
  return nodes === 0 ? `${fleet} without nodes` : `${fleet} with ${nodes} nodes each`;
}
