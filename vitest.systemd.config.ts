import { defineConfig } from "vitest/config";

/** Tests that boot machines, which needs root: `vitest run --config vitest.systemd.config.ts`. */
export default defineConfig({
  test: {
    include: ["test/systemd/booted/**/*.test.ts"],
    testTimeout: 240_000,
    hookTimeout: 60_000,
    pool: "forks",
    // Two machines at a time fit two cores; more would only slow each other down.
    maxWorkers: 2,
    globalSetup: ["test/support/canary-setup.ts", "test/systemd/booted/support/global-setup.ts"],
  },
});
