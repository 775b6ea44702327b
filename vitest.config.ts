import { configDefaults, defineConfig } from "vitest/config";
import { lacksPostgres } from "./test/support/control-plane/postgres.ts";
import { LongestFirst } from "./test/support/times/longest-first.ts";
import { Slowest } from "./test/support/times/slowest.ts";

/**
 * Generous, for a busy machine. The trials of test:long have a longer one, for hooks as well, which
 * vitest's --hookTimeout would not reach in a project.
 */
const OF_TRIAL = process.env["NOVACULA_TIME_LIMIT_MS"];
const LIMITS = limits(120_000, 60_000);
/** A walk through the page, in a browser, takes 30 s on a busy machine, and a step many seconds. */
const LONG_LIMITS = { ...limits(180_000, 90_000), expect: { poll: { timeout: 20_000 } } };

function limits(testTimeout: number, hookTimeout: number) {
  const own = { testTimeout, hookTimeout };
  return OF_TRIAL === undefined ? own : { testTimeout: Number(OF_TRIAL), hookTimeout: Number(OF_TRIAL) };
}

const MACHINES = "test/systemd/**";
const PROGRAMS = "test/e2e/**";
const PAGE = "test/e2e/page/**";
/** What every engine of the store keeps to, on real databases. */
const CONTRACT = "test/control-plane/store/contract/**";
/** Programs and pages whose control plane keeps everything in PostgreSQL, too. */
const ON_POSTGRES = [
  "test/e2e/agent/rotation.test.ts",
  "test/e2e/control-plane/people/{access,concurrency,ended-invitations,operator}.test.ts",
  "test/e2e/control-plane/people/{other-organization,people-audit}.test.ts",
  "test/e2e/page/rotation.test.ts",
];

/**
 * More workers than the two processors, because most tests of programs wait. `isolate: false`: files
 * share the modules that they load, because loading them again for each file takes longer than most
 * files. So no test may change what another one finds.
 */
const WORKERS = { pool: "forks", maxWorkers: 4, isolate: false } as const;

const onPostgres = {
  test: {
    ...WORKERS,
    ...LONG_LIMITS,
    name: "postgres",
    include: ON_POSTGRES,
    env: { NOVACULA_TEST_ENGINE: "postgres" },
    globalSetup: ["test/support/programs-setup.ts"],
  },
};

/**
 * `vitest run` runs everything, in the order of longest-first.ts: what boots machines comes late,
 * because their roots are made meanwhile. `--project` runs a part.
 */
export default defineConfig({
  test: {
    reporters: ["default", new Slowest()],
    sequence: { sequencer: LongestFirst },
    globalSetup: [
      "test/support/canary-setup.ts",
      "test/support/control-plane/postgres.ts",
      "test/support/page/page-setup.ts",
    ],
    projects: [
      {
        test: {
          ...WORKERS,
          ...LONG_LIMITS,
          name: "page",
          include: [`${PAGE}/*.test.ts`],
          globalSetup: ["test/support/programs-setup.ts"],
        },
      },
      {
        test: {
          ...WORKERS,
          ...LIMITS,
          name: "programs",
          include: [`${PROGRAMS}/*.test.ts`],
          exclude: [...configDefaults.exclude, PAGE],
          globalSetup: ["test/support/programs-setup.ts"],
          // With two processors, more programs at the same time would not finish sooner.
          maxConcurrency: 3,
        },
      },
      "vitest.systemd.config.ts",
      ...(lacksPostgres() ? [] : [onPostgres]),
      { test: { ...WORKERS, ...LIMITS, name: "store", include: [`${CONTRACT}/*.test.ts`] } },
      {
        test: {
          ...WORKERS,
          ...LIMITS,
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, MACHINES, PROGRAMS, CONTRACT],
        },
      },
    ],
  },
});
