import { defineConfig } from "vitest/config";

/** Tests that boot machines or start containers, which needs root: `vitest run --project systemd`. */
export default defineConfig({
  test: {
    name: "systemd",
    include: ["test/systemd/**/*.test.ts"],
    testTimeout: 240_000,
    hookTimeout: 60_000,
    pool: "forks",
    // Four machines fit two processors, because most of the time they wait.
    maxWorkers: 4,
    isolate: false,
    globalSetup: [
      "test/support/canary-setup.ts",
      "test/support/page/page-setup.ts",
      "test/systemd/booted/support/global-setup.ts",
    ],
  },
});
