import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Real boots have a configuration of their own: vitest.systemd.config.ts.
    exclude: [...configDefaults.exclude, "test/systemd/booted/**"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: "forks",
    // Most tests wait for processes and sockets; one worker, the default on two cores, would wait alone.
    maxWorkers: 2,
    globalSetup: ["test/support/canary-setup.ts", "test/support/page/page-setup.ts"],
  },
});
