import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { buildNodesDeb } from "../../packaging/nodes-package.ts";
import { DEBIAN_RELEASES } from "../systemd/booted/support/debian-release.ts";
import { Machine } from "../systemd/booted/support/machine.ts";
import { NodeHost } from "../systemd/booted/support/node-host.ts";
import { packageLayer } from "../systemd/booted/support/package-layer.ts";
import { whyNot } from "../systemd/booted/support/requirements.ts";
import { rootImage } from "../systemd/booted/support/root-image.ts";
import type { BenchOptions } from "./options.ts";
import { ratio, type Section, spread } from "./table.ts";

/** Runs its arguments, and first prints the time in ns: without the start of nsenter. */
const TIMED = 'date +%s%N; exec "$@"';

/** What it costs to ask the hand, beside root's own systemctl in turn on the same machine. */
export async function measureHand({ quick, log }: BenchOptions): Promise<readonly Section[]> {
  const reason = await whyNot();
  if (reason !== undefined) {
    log(`hand is left out: ${reason}`);
    return [];
  }
  const folder = mkdtempSync(join(tmpdir(), "novacula-bench-"));
  try {
    const archive = await buildNodesDeb({ version: "0.1.0", compression: ["-Zzstd", "-z1"], folder });
    const rows: string[][] = [];
    for (const { codename, title } of DEBIAN_RELEASES) {
      log(`hand: ${title}`);
      const root = await rootImage({ codename });
      const layer = await packageLayer(join(folder, codename), root, [archive]);
      const machine = await Machine.start({ layers: [layer, root] });
      try {
        rows.push(...(await measureOn(new NodeHost(machine), title, quick ? 4 : 12)));
      } finally {
        await machine.stop();
      }
    }
    return [
      {
        title: "Asking the hand to start and stop a node (ms)",
        header: ["", "hand", "root: systemctl", "hand / root"],
        rows,
        notes: [
          "From the request to `active`, and to the end of the process; `enable --now` and `disable --now` of the same unit as root, in turn. The client is `sleep`.",
        ],
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureOn(host: NodeHost, title: string, rounds: number): Promise<string[][]> {
  await host.machine.run(["systemd-sysusers", "--inline", "u novacula -"]);
  const started = { hand: [] as number[], root: [] as number[] };
  const stopped = { hand: [] as number[], root: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    for (const [who, way] of Object.entries({ hand: byHand, root: byRoot })) {
      const unit = `bitcoin-node@${who}-${round}.service`;
      await host.write(`${who}-${round}`, "node", ["/usr/bin/sleep", "infinity"]);
      const times = await way(host, unit);
      const [starts, stops] = who === "hand" ? [started.hand, stopped.hand] : [started.root, stopped.root];
      starts.push(times.startMs);
      stops.push(times.stopMs);
    }
  }
  const row = (what: string, { hand, root }: typeof started) => [
    `${title}: ${what}`,
    spread(hand, 0),
    spread(root, 0),
    ratio(hand, root),
  ];
  return [row("start", started), row("stop", stopped)];
}

interface Times {
  readonly startMs: number;
  readonly stopMs: number;
}

async function byHand(host: NodeHost, unit: string): Promise<Times> {
  const start = nowUs();
  await host.order(`run ${unit}`);
  const { activeUs, pid } = await active(host, unit);
  const stop = nowUs();
  const ended = endOf(host, pid);
  await host.order(`stop ${unit}`);
  return { startMs: (activeUs - start) / 1000, stopMs: ((await ended) - stop) / 1000 };
}

async function byRoot(host: NodeHost, unit: string): Promise<Times> {
  const timed = async (verb: string) => {
    const command = ["sh", "-c", TIMED, "sh", "systemctl", verb, "--quiet", "--now", unit];
    return Number(await host.machine.run(command)) / 1000 - (Date.now() * 1000 - nowUs());
  };
  const start = await timed("enable");
  const { activeUs, pid } = await active(host, unit);
  const ended = endOf(host, pid);
  const stop = await timed("disable");
  return { startMs: (activeUs - start) / 1000, stopMs: ((await ended) - stop) / 1000 };
}

async function active(
  host: NodeHost,
  unit: string,
): Promise<{ readonly activeUs: number; readonly pid: number }> {
  const pid = await host.untilActive(unit);
  return { activeUs: Number(await host.property(unit, "ActiveEnterTimestampMonotonic")), pid };
}

/** Resolves with the monotonic time, µs, at which the process of the machine is gone. */
async function endOf(host: NodeHost, pid: number): Promise<number> {
  while (existsSync(host.machine.path(`/proc/${pid}`))) {
    await pause(1);
  }
  return nowUs();
}

/** systemd's clock: the machine has the same. */
function nowUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
