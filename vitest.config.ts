import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Real boots have a configuration of their own: vitest.systemd.config.ts.
    exclude: [...configDefaults.exclude, "test/systemd/booted/**"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: "forks",
    globalSetup: ["test/support/canary-setup.ts", "test/support/page-setup.ts"],
  },
});
