import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { violation } from "../support/nodes/hand-grammar.ts";
import { NastyRequests } from "../support/nodes/nasty-requests.ts";
import { RecordedHand } from "../support/nodes/recorded-hand.ts";

/** Something that is tried very often, in batches that do not depend on each other. */
export interface Trial {
  readonly name: string;
  /** A sentence for the results. */
  readonly what: string;
  readonly goal: number;
  readonly batch: number;
  /** Tries `count` times with this seed; rejects if one goes wrong. */
  run(seed: number, count: number): Promise<void>;
}

export const TRIALS: readonly Trial[] = [
  {
    name: "hand-requests",
    what: "requests to the hand; only those that keep to the grammar reached systemd",
    goal: 100_000,
    batch: 1000,
    async run(seed, count) {
      const hand = new RecordedHand();
      try {
        const requests = new NastyRequests(seed);
        for (let sent = 0; sent < count; sent += 1) {
          const bytes = requests.next();
          const found = violation(bytes, await hand.send(bytes));
          if (found !== undefined) {
            throw new Error(found);
          }
        }
      } finally {
        hand.close();
      }
    },
  },
  {
    name: "kills",
    what: "SIGKILLs of agent, control plane, hand and client; every node was whole again, with one process",
    goal: 50,
    batch: 10,
    run: (seed, count) => bootedTest("kills", { NOVACULA_KILLS: String(count), NOVACULA_SEED: String(seed) }),
  },
  {
    name: "plans",
    what: "random histories of nodes against the planner; each came to rest, and nothing was done without an order",
    goal: 20_000,
    batch: 20_000,
    run: (_seed, count) =>
      vitest(["run", "test/agent/reconciler/decide/plan.property.test.ts"], {
        NOVACULA_PLAN_RUNS: String(count),
      }),
  },
];

/** Runs one file of test/systemd/booted/nodes, which needs root. */
function bootedTest(name: string, env: Readonly<Record<string, string>>): Promise<void> {
  const file = `test/systemd/booted/nodes/${name}.test.ts`;
  return vitest(["run", "--config", "vitest.systemd.config.ts", file], { ...env, CI: "true" });
}

async function vitest(args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  await promisify(execFile)("npx", ["vitest", ...args], {
    cwd: join(import.meta.dirname, "../.."),
    env: { ...process.env, ...env },
    maxBuffer: 64 * 1024 * 1024,
  });
}
