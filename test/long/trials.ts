import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, readFileSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { join } from "node:path";
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
    run: (seed, count) =>
      bootedTest("nodes/kills", { NOVACULA_KILLS: String(count), NOVACULA_SEED: String(seed) }),
  },
  {
    name: "stops",
    what: "stops of the agent's service in the middle of a sync, on each Debian; none of them failed",
    goal: 200,
    batch: 40,
    run: (_seed, count) => bootedTest("service", { NOVACULA_STOPS: String(count) }),
  },
  {
    name: "floods",
    what: "hostile requests of each kind, and lines of each event; the log stayed bounded",
    goal: 10_000,
    batch: 10_000,
    run: (_seed, count) =>
      vitest(["run", "test/e2e/control-plane/log-flood.test.ts"], {
        NOVACULA_ATTACKS: String(count),
        NOVACULA_TIME_LIMIT_MS: "600000",
      }),
  },
  {
    name: "rotations",
    what: "rotations in one step; the agent came back with the file each time, and never used a dead key again",
    goal: 100,
    batch: 20,
    run: (_seed, count) =>
      vitest(["run", "test/e2e/agent/rotation.test.ts"], { NOVACULA_ROTATIONS: String(count) }),
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
  {
    name: "chaos",
    what: "lives of five simulated minutes: edits, rotations, revocations, restarts, cuts; the promise held after each second",
    goal: 200,
    batch: 20,
    run: (seed, count) =>
      vitest(["run", "test/agent/daemon/chaos.test.ts"], {
        NOVACULA_CHAOS: String(count),
        NOVACULA_SEED: String(seed),
      }),
  },
  {
    name: "process-chaos",
    what: "lives of a minute of real processes: edits, rotations, revocations, SIGKILLs, cuts; the promise held after each step",
    goal: 20,
    batch: 2,
    run: (seed, count) =>
      vitest(["run", "test/e2e/agent/process-chaos.test.ts"], {
        NOVACULA_PROCESS_CHAOS: String(count),
        NOVACULA_SEED: String(seed),
      }),
  },
  {
    name: "pure-tests",
    what: "times all unit tests, beside two busy loops; none failed",
    goal: 10,
    batch: 1,
    async run() {
      using _loops = new BusyLoops(2);
      await vitest(["run", "--project", "unit"], {});
    },
  },
  {
    name: "whole-suite",
    what: "times the whole suite, beside two busy loops; none failed",
    goal: 3,
    batch: 1,
    async run() {
      using _loops = new BusyLoops(2);
      await vitest(["run"], { CI: "true" });
    },
  },
  {
    name: "random-cases",
    what: "times the samples of the tests with random cases, of unit tests and of the store; none failed",
    goal: 50,
    batch: 10,
    run: (_seed, count) =>
      vitest(
        [...["related", "test/support/runs.ts", "--run"], ...["--project", "unit", "--project", "store"]],
        { NOVACULA_RUNS: String(count), NOVACULA_TIME_LIMIT_MS: "3600000" },
      ),
  },
  {
    name: "on-postgres",
    what: "times the tests of control planes, with everything in PostgreSQL",
    goal: 1,
    batch: 1,
    run: () =>
      vitest(["run", ...testsOfControlPlanes()], {
        NOVACULA_TEST_ENGINE: "postgres",
        NOVACULA_TIME_LIMIT_MS: "600000",
      }),
  },
  {
    name: "replica-chaos",
    what: "minutes of two control planes on one PostgreSQL behind nginx, with everything killed at random while keys rotate: zero stale acceptances, zero lost acknowledged changes, zero false offline",
    goal: 30,
    batch: 3,
    run: (seed, count) =>
      vitest(["run", "test/e2e/control-plane/replicas/chaos.test.ts"], {
        NOVACULA_REPLICA_CHAOS_SECONDS: String(count * 60),
        NOVACULA_SEED: String(seed),
      }),
  },
  {
    name: "three-replicas",
    what: "revocations that one of three control planes acknowledged, each tried at the others right afterwards, and duplicates at three; none was accepted, all were named",
    goal: 1000,
    batch: 100,
    run: (_seed, count) =>
      vitest(["run", "test/e2e/control-plane/replicas/three-replicas.test.ts"], {
        NOVACULA_THREE_REPLICAS: String(count),
      }),
  },
  {
    name: "revocations",
    what: "revocations that one of two control planes acknowledged, each tried at the other right afterwards; none was accepted",
    goal: 10_000,
    batch: 1000,
    run: (_seed, count) =>
      vitest(["run", "test/e2e/control-plane/replicas/revocations.test.ts"], {
        NOVACULA_REVOCATIONS: String(count),
      }),
  },
  {
    name: "query-plans",
    what: "rows in each large table of the store; no query read one of them from end to end",
    goal: 100_000,
    batch: 100_000,
    run: (_seed, count) =>
      vitest(
        [
          ...["run", "test/control-plane/store/query-plans.test.ts"],
          "test/control-plane/store/contract/postgres-plans.test.ts",
        ],
        { NOVACULA_PLAN_ROWS: String(count), NOVACULA_TIME_LIMIT_MS: "600000" },
      ),
  },
];

/** Ends with the process that started it, whatever ended that. */
const BUSY_LOOP = "const parent = process.ppid; while (process.ppid === parent) {}";

/** Processes that use whatever time the processors have left. */
class BusyLoops implements Disposable {
  readonly #loops: readonly ChildProcess[];

  constructor(count: number) {
    this.#loops = Array.from({ length: count }, () => {
      const loop = spawn(process.execPath, ["-e", BUSY_LOOP], { stdio: "ignore" });
      setPriority(loop.pid ?? 0, constants.priority.PRIORITY_LOW);
      return loop;
    });
  }

  [Symbol.dispose](): void {
    for (const loop of this.#loops) {
      loop.kill("SIGKILL");
    }
  }
}

/**
 * The files that start control planes, but for those about the file of an SQLite database, and those
 * with control planes of earlier releases, which know no other one.
 */
function testsOfControlPlanes(): readonly string[] {
  const root = join(import.meta.dirname, "../..");
  return globSync("test/{control-plane,e2e}/**/*.test.ts", { cwd: root }).filter((path) => {
    const text = readFileSync(join(root, path), "utf8");
    return (
      /start(?:ControlPlane|Server|PeopleServer|WithPeople)|serverWithOrganization/.test(text) &&
      !/databasePath|DatabaseSync|sqlite|smallDisk|maxFileBlocks|control-plane\.db|release before/i.test(text)
    );
  });
}

/** Runs one file of test/systemd/booted, which needs root. */
function bootedTest(name: string, env: Readonly<Record<string, string>>): Promise<void> {
  const file = `test/systemd/booted/${name}.test.ts`;
  return vitest(["run", "--config", "vitest.systemd.config.ts", file], { ...env, CI: "true" });
}

/** What it prints is shown: some tests say how often they tried what. */
async function vitest(args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  const child = spawn("npx", ["vitest", ...args], {
    cwd: join(import.meta.dirname, "../.."),
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code, signal] = await once(child, "exit");
  if (code !== 0) {
    throw new Error(`vitest ended with ${signal ?? `exit code ${code}`}`);
  }
}
