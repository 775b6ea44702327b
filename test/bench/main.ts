import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { EXECUTABLE } from "../../packaging/paths.ts";
import type { BenchOptions } from "./options.ts";
import { render, type Section } from "./table.ts";

/**
 * `npm run bench [-- PART…] [--quick] [--output FILE]`: what the agent costs, how a fleet behaves,
 * what a control plane carries. Linux, loopback only; everything ends by itself. Without parts: all
 * of them, in the order of the table, but for `compare`: it needs `--against FILE`, another build
 * of the released binary, and measures the two in turn.
 */
const PARTS: Readonly<Record<string, (options: BenchOptions) => Promise<readonly Section[]>>> = {
  rest: async (options) => [await (await import("./rest.ts")).measureRest(options)],
  soak: async (options) => [await (await import("./soak.ts")).measureSoak(options)],
  times: async (options) => [await (await import("./times.ts")).measureTimes(options)],
  herd: async (options) => (await import("./herd.ts")).simulateHerds(options),
  return: async (options) => [await (await import("./herd-return.ts")).measureReturn(options)],
  capacity: async (options) => [await (await import("./capacity.ts")).measureCapacity(options)],
  "fleet-nodes": async (options) => [await (await import("./capacity-in-turns.ts")).compareNodes(options)],
  attack: async (options) => [await (await import("./sign-in-attack.ts")).measureSignInAttack(options)],
  planner: async (options) => [await (await import("./planner.ts")).measurePlanner(options)],
  hand: async (options) => (await import("./hand.ts")).measureHand(options),
  nodes: async (options) => (await import("./nodes.ts")).measureNodes(options),
