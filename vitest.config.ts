import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Booted machines have their own configuration: vitest.systemd.config.ts.
    exclude: [...configDefaults.exclude, "test/systemd/booted/**"],
    testTimeout: 60_000,
    hookTimeout: 30_000,
    pool: "forks",
    // Most tests wait for processes and sockets, so more workers than cores are faster.
    maxWorkers: 2,
    globalSetup: ["test/support/canary-setup.ts", "test/support/page/page-setup.ts"],
  },
});
