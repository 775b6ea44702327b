import { defineConfig } from "vitest/config";

/** `vitest run --config vitest.systemd.config.ts`: real boots, for which one must be root. */
export default defineConfig({
  test: {
    include: ["test/systemd/booted/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "forks",
    // Two machines boot and idle side by side on two cores; more would only wait for each other.
    maxWorkers: 2,
    globalSetup: ["test/support/canary-setup.ts", "test/systemd/booted/support/global-setup.ts"],
  },
});
