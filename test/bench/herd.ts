import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { seededRandom } from "../support/agent/simulation.ts";
import { plotHerds } from "./herd-plot.ts";
import { AGENT, FIXED, type HerdEvent, type HerdResult, simulateHerd } from "./herd-simulation.ts";
import type { BenchOptions } from "./options.ts";
import { percent, type Section } from "./table.ts";

const PLOT = fileURLToPath(new URL("herd.svg", import.meta.url));
const SEED = 1;
const MINUTE_MS = 60_000;
/**
 * Our control plane's Retry-After with a 503 (src/control-plane/http/http-answer.ts), and a longer
 * one.
 */
const RETRY_AFTER_MS = [undefined, 2000, 30_000] as const;

/**
 * Simulates fleets around an outage and around a restart of all agents, and writes the plot beside
 * this file.
 */
export function simulateHerds({ quick, log }: BenchOptions): readonly Section[] {
  const sizes = quick ? [10_000] : [10_000, 100_000];
  const outages: HerdEvent[] = [MINUTE_MS, 30 * MINUTE_MS].flatMap((ms) =>
    RETRY_AFTER_MS.map((retryAfterMs): HerdEvent => ({ kind: "outage", ms, retryAfterMs })),
  );
  const results: HerdResult[] = [];
  for (const agents of sizes) {
    for (const event of [...outages, { kind: "restart" } as const]) {
      const name = nameOf(event);
      log(`herd: ${agents} agents, ${name}`);
      results.push(simulateHerd({ name, agents, event, policy: AGENT }, seededRandom(SEED)));
    }
  }
  const outage: HerdEvent = { kind: "outage", ms: MINUTE_MS, retryAfterMs: undefined };
  const fixed = [outage, { kind: "restart" } as const].map((event) =>
    simulateHerd(
      { name: `a fixed 5 s: ${nameOf(event)}`, agents: 10_000, event, policy: FIXED },
      seededRandom(SEED),
    ),
  );
  const ours = (event: HerdEvent) =>
    results.find(({ name, agents }) => name === nameOf(event) && agents === 10_000);
  writeFileSync(
    PLOT,
    plotHerds([
      {
        title: "A minute without the control plane",
        ours: ours(outage),
        fixed: fixed[0],
        fromS: -70,
        untilS: 40,
      },
      {
        title: "All agents restarted in one moment",
        ours: ours({ kind: "restart" }),
        fixed: fixed[1],
        fromS: -10,
        untilS: 40,
      },
    ]),
  );
  return [section([...results, ...fixed])];
}

function nameOf(event: HerdEvent): string {
  if (event.kind === "restart") {
    return "all restarted at once";
  }
  const answer =
    event.retryAfterMs === undefined
      ? "connections refused"
      : `503, Retry-After: ${event.retryAfterMs / 1000}`;
  return `${event.ms / MINUTE_MS} min down, ${answer}`;
}

function section(results: readonly HerdResult[]): Section {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  return {
    title: "The herd: a simulation with the agent's scheduling code",
    header: [
      "fleet",
      "",
      "first accepted syncs, worst second",
      "all requests, worst second",
      "p50 back",
      "p95",
      "last",
    ],
    rows: results.map((result) => [
      result.agents.toLocaleString("en"),
      result.name,
      percent(result.peakReturn),
      percent(result.peakRequests),
      seconds(result.p50BackMs),
      seconds(result.p95BackMs),
      seconds(result.lastBackMs),
    ]),
    notes: ["Shares of the fleet; the heartbeat alone is 20 % a second. Plot: test/bench/herd.svg."],
  };
}
