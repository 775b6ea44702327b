import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { DEBIAN_RELEASES, type DebianRelease } from "../systemd/booted/support/debian-release.ts";
import { Machine } from "../systemd/booted/support/machine.ts";
import { makeRoots, type Roots } from "../systemd/booted/support/machine-roots.ts";
import { ManagedNodes, withAnvil } from "../systemd/booted/support/managed-nodes.ts";
import { whyNot } from "../systemd/booted/support/requirements.ts";
import type { BenchOptions } from "./options.ts";
import { type Usage, usageOf } from "./process-usage.ts";
import { ratio, type Section, spread } from "./table.ts";

const AGENT = "novacula-agent.service";
const SYNC_INTERVAL_SECS = 5;
/** Until starts, first probes and garbage collections are over. */
const WARM_UP_MS = 60_000;
const FLEETS = [0, 5, 20];
const FIRST_PORT = 9000;
const MIB = 1024;

/** What nodes cost the agent at rest. */
export async function measureNodesAtRest({ quick, log }: BenchOptions): Promise<readonly Section[]> {
  return await onRoots(log, (roots) => atRest(roots, quick ? 60_000 : 300_000, log));
}

/** How long an operator waits for a node. */
export async function measureNodeWaits({ quick, log }: BenchOptions): Promise<readonly Section[]> {
  return await onRoots(log, (roots) => waits(roots, quick ? 2 : 6, log));
}

async function onRoots(
  log: BenchOptions["log"],
  measure: (roots: Roots) => Promise<Section>,
): Promise<readonly Section[]> {
  const reason = await whyNot();
  if (reason !== undefined) {
    log(`nodes are left out: ${reason}`);
    return [];
  }
  const folder = mkdtempSync(join(tmpdir(), "novacula-bench-"));
  try {
    return [await measure(await makeRoots(folder))];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function atRest(roots: Roots, lastsMs: number, log: BenchOptions["log"]): Promise<Section> {
  const [release] = DEBIAN_RELEASES.slice(-1);
  if (release === undefined) {
    throw new Error("there is no release to boot");
  }
  const hosts: ManagedNodes[] = [];
  try {
    for (const count of FLEETS) {
      log(`nodes at rest: starting ${count}`);
      const host = await boot(roots, release);
      hosts.push(host);
      await startAnvils(host, count);
    }
    await pause(WARM_UP_MS);
    const pids = await Promise.all(hosts.map(async (host) => (await host.pids([AGENT]))[0] ?? 0));
    const look = () => hosts.map(({ machine }, at) => usageOf(pids[at] ?? 0, machine.path("/proc")));
    const before = look();
    log(`nodes at rest: measuring for ${lastsMs / 1000} s`);
    await pause(lastsMs);
    return restSection(before, look(), lastsMs, release);
  } finally {
    await Promise.all(hosts.map(async ({ machine }) => await machine.stop()));
  }
}

async function boot(roots: Roots, release: DebianRelease): Promise<ManagedNodes> {
  const { codename } = release;
  const layers = [
    roots.prepared[codename] ?? "",
    roots.installed[codename] ?? "",
    roots.bare[codename] ?? "",
  ];
  const host = new ManagedNodes(await Machine.start({ ...withAnvil(), layers }), release);
  try {
    await host.controlPlaneAnswers();
    await host.bringOnline({ syncIntervalSecs: SYNC_INTERVAL_SECS });
    await host.handListens();
    return host;
  } catch (error) {
    await host.machine.stop();
    throw error;
  }
}

async function startAnvils(host: ManagedNodes, count: number): Promise<void> {
  const names = Array.from({ length: count }, (_, number) => `dev-${number}`);
  for (const [number, name] of names.entries()) {
    await host.createAnvil(name, "--port", `node.rpc=${FIRST_PORT + number}`, "--set", "node.block-time=5");
  }
  for (const name of names) {
    await host.untilNode(name, `${name} is running`, ({ phase }) => phase === "running", 300_000);
  }
}

function restSection(
  before: readonly Usage[],
  after: readonly Usage[],
  lastsMs: number,
  { title }: DebianRelease,
): Section {
  const cpu = after.map(({ cpuMs }, at) => ((cpuMs - (before[at]?.cpuMs ?? 0)) / lastsMs) * 3600);
  const pss = after.map(({ pssKib }) => pssKib / MIB);
  const anonymous = after.map(({ anonymousKib }) => anonymousKib / MIB);
  return {
    title: "The agent at rest with nodes",
    header: ["nodes", "CPU, s/h", "of none", "PSS, MiB", "of none", "anonymous, MiB", "of none"],
    rows: FLEETS.map((count, at) => [
      String(count),
      ...[cpu, pss, anonymous].flatMap((figures) => [
        (figures[at] ?? Number.NaN).toFixed(1),
        ratio([figures[at] ?? Number.NaN], [figures[0] ?? Number.NaN]),
      ]),
    ]),
    notes: [
      `${title}, the released packages, each in a machine of its own, all at once, for ${lastsMs / 1000} s after ${WARM_UP_MS / 1000} s. The nodes are Anvil with a block every 5 s; the agent syncs every 5 s. Its children (none at rest) count as well.`,
    ],
  };
}

interface Waits {
  readonly active: number[];
  readonly running: number[];
  readonly stopped: number[];
  readonly byRoot: number[];
}

async function waits(roots: Roots, rounds: number, log: BenchOptions["log"]): Promise<Section> {
  const rows: string[][] = [];
  for (const release of DEBIAN_RELEASES) {
    log(`nodes: waiting for litecoind on ${release.title}`);
    const host = await boot(roots, release);
    try {
      const measured: Waits = { active: [], running: [], stopped: [], byRoot: [] };
      for (let round = 0; round < rounds; round += 1) {
        // The round before ended with a sync: this one begins at another moment of the interval.
        await pause(((round + 0.5) / rounds) * SYNC_INTERVAL_SECS * 1000);
        await oneWait(host, `ltc-${round}`, measured);
      }
      const { active, running, stopped, byRoot } = measured;
      rows.push([
        release.title,
        ...[active, running, stopped, byRoot].map((values) => spread(values)),
        ratio(stopped, byRoot),
      ]);
    } finally {
      await host.machine.stop();
    }
  }
  return {
    title: "What an operator waits for: litecoind regtest (s)",
    header: [
      "",
      "create → active",
      "create → running",
      "nodes stop → ended",
      "systemctl stop → ended",
      "nodes / systemctl",
    ],
    rows,
    notes: [
      `From the start of \`nodes create --wait\` to systemd's \`active\` and to the command's end, with a sync every ${SYNC_INTERVAL_SECS} s; the rounds begin at moments that are spread over this interval. From the start of \`nodes stop\`, and of root's \`systemctl stop\` of the same unit, to the end of the client's process.`,
    ],
  };
}

async function oneWait(host: ManagedNodes, name: string, measured: Waits): Promise<void> {
  const unit = `litecoin-node@${name}.service`;
  const created = nowMs();
  await host.createLitecoin(name, "--wait");
  measured.running.push((nowMs() - created) / 1000);
  measured.active.push((await activeSinceMs(host, unit)) / 1000 - created / 1000);
  const stop = () => host.answeredNode("stop", name, "--wait");
  measured.stopped.push(await secondsToEnd(host, unit, stop));
  await host.answeredNode("start", name, "--wait");
  measured.byRoot.push(await secondsToEnd(host, unit, () => host.machine.run(["systemctl", "stop", unit])));
  // The data of more than four nodes an hour is not deleted.
  await host.management("nodes", "delete", name, "--confirm", name, "--keep-data", "--wait");
}

/** From the start of `stop` to the end of the unit's main process. */
async function secondsToEnd(host: ManagedNodes, unit: string, stop: () => Promise<unknown>): Promise<number> {
  const [pid = 0] = await host.pids([unit]);
  const startedAt = nowMs();
  const stopping = stop();
  while (existsSync(host.machine.path(`/proc/${pid}`))) {
    await pause(10);
  }
  const endedAt = nowMs();
  await stopping;
  return (endedAt - startedAt) / 1000;
}

/** systemd's monotonic clock, ms. */
async function activeSinceMs(host: ManagedNodes, unit: string): Promise<number> {
  const property = "--property=ActiveEnterTimestampMonotonic";
  return Number(await host.machine.run(["systemctl", "show", unit, property, "--value"])) / 1000;
}

/** systemd's clock: the machine has the same. */
function nowMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}
