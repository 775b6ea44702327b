import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { startControlPlane } from "../support/control-plane/control-plane.ts";
import { eventually } from "../support/eventually.ts";
import { temporaryDirectory } from "../support/temp-dir.ts";
import { fillFleetDatabase } from "./fleet-database.ts";
import type { Exchange } from "./herd-loops.ts";
import { removeAtExit } from "./leftovers.ts";
import type { BenchOptions } from "./options.ts";
import { quantile } from "./statistics.ts";
import { percent, type Section } from "./table.ts";

const LOOPS = fileURLToPath(new URL("herd-loops.ts", import.meta.url));
const PROCESSES = 2;
const STEADY_MS = 10_000;

const message = z.array(z.tuple([z.number(), z.number(), z.boolean()]));

/**
 * A fleet in real time: client loops with the agent's core and HTTP client, and a control plane
 * that is killed.
 */
export async function measureReturn({ quick, log }: BenchOptions): Promise<Section> {
  const agents = quick ? 400 : 2000;
  const outageMs = quick ? 20_000 : 60_000;
  const temporary = temporaryDirectory();
  const seed = randomUUID();
  await fillFleetDatabase(join(temporary.path, "control-plane.db"), agents, seed);
  const place = { directory: temporary.path, env: { LOG_LEVEL: "info" } };
  let controlPlane = await startControlPlane(place);
  const keep = [removeAtExit(temporary.remove), removeAtExit(() => void controlPlane.kill())];
  const exchanges: Exchange[] = [];
  const children = startLoops(controlPlane.url, seed, agents, (batch) => exchanges.push(...batch));
  try {
    log(`return: ${agents} client loops; waiting until all are online`);
    await untilAllAccepted(exchanges, agents, 0);
    await pause(STEADY_MS);
    log(`return: SIGKILL; back in ${outageMs / 1000} s`);
    const downAtMs = Date.now();
    await controlPlane.kill();
    await pause(outageMs);
    controlPlane = await startControlPlane({ ...place, port: controlPlane.port });
    const upAtMs = Date.now();
    await untilAllAccepted(exchanges, agents, upAtMs);
    await pause(STEADY_MS);
    return section({ agents, outageMs, exchanges, downAtMs, upAtMs });
  } finally {
    for (const child of children) {
      child.kill();
    }
    await controlPlane.kill();
    temporary.remove();
    for (const takeBack of keep) {
      takeBack();
    }
  }
}

function startLoops(
  url: string,
  seed: string,
  agents: number,
  onExchanges: (batch: readonly Exchange[]) => void,
): ChildProcess[] {
  const each = Math.ceil(agents / PROCESSES);
  return Array.from({ length: PROCESSES }, (_, index) => {
    const child = fork(LOOPS, [
      url,
      seed,
      String(index * each),
      String(Math.min(each, agents - index * each)),
    ]);
    child.on("message", (batch) => onExchanges(message.parse(batch)));
    return child;
  });
}

async function untilAllAccepted(
  exchanges: readonly Exchange[],
  agents: number,
  sinceMs: number,
): Promise<void> {
  const seen = new Set<number>();
  let looked = exchanges.findIndex(([, atMs]) => atMs >= sinceMs);
  await eventually(
    () => {
      for (; looked >= 0 && looked < exchanges.length; looked += 1) {
        const [agent = -1, atMs = 0, accepted = false] = exchanges[looked] ?? [];
        if (accepted && atMs >= sinceMs) {
          seen.add(agent);
        }
      }
      if (looked < 0 && exchanges.length > 0) {
        looked = 0;
      }
      return seen.size === agents;
    },
    { timeoutMs: 90_000, describe: `${agents} agents are accepted` },
  );
}

interface Run {
  readonly agents: number;
  readonly outageMs: number;
  readonly exchanges: readonly Exchange[];
  readonly downAtMs: number;
  readonly upAtMs: number;
}

function section({ agents, outageMs, exchanges, downAtMs, upAtMs }: Run): Section {
  const backMs = new Map<number, number>();
  for (const [agent, atMs, accepted] of exchanges) {
    if (accepted && atMs >= upAtMs && !backMs.has(agent)) {
      backMs.set(agent, atMs - upAtMs);
    }
  }
  const back = [...backMs.values()];
  const since = exchanges
    .filter(([, atMs]) => atMs >= downAtMs - STEADY_MS)
    .map(([, atMs]) => atMs - downAtMs);
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  return {
    title: `The herd, for real: ${agents.toLocaleString("en")} client loops, ${outageMs / 1000} s without the control plane`,
    header: ["first accepted syncs, worst second", "all requests, worst second", "p50 back", "p95", "last"],
    rows: [
      [
        percent(worstSecond(back) / agents),
        percent(worstSecond(since) / agents),
        seconds(quantile(back, 0.5)),
        seconds(quantile(back, 0.95)),
        seconds(Math.max(...back)),
      ],
    ],
    notes: [
      `${PROCESSES} processes with the agent's core and HTTP client; the control plane is killed (SIGKILL) and started again on its database. Shares of the fleet; times from the moment that it listens again.`,
    ],
  };
}

function worstSecond(timesMs: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const ms of timesMs) {
    counts.set(Math.floor(ms / 1000), (counts.get(Math.floor(ms / 1000)) ?? 0) + 1);
  }
  return Math.max(...counts.values());
}
