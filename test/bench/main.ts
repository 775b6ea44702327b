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
  growth: async (options) => (await import("./growth.ts")).measureGrowth(options),
  return: async (options) => [await (await import("./herd-return.ts")).measureReturn(options)],
  capacity: async (options) => [await (await import("./capacity.ts")).measureCapacity(options)],
  "fleet-nodes": async (options) => [await (await import("./capacity-in-turns.ts")).compareNodes(options)],
  pages: async (options) => [await (await import("./capacity-in-turns.ts")).comparePages(options)],
  engines: async (options) => (await import("./engines.ts")).measureEngines(options),
  flatness: async (options) => [await (await import("./flatness.ts")).measureFlatness(options)],
  move: async (options) => [await (await import("./move.ts")).measureMove(options)],
  attack: async (options) => [await (await import("./sign-in-attack.ts")).measureSignInAttack(options)],
  planner: async (options) => [await (await import("./planner.ts")).measurePlanner(options)],
  hand: async (options) => (await import("./hand.ts")).measureHand(options),
  nodes: async (options) => (await import("./nodes.ts")).measureNodesAtRest(options),
  "node-waits": async (options) => (await import("./nodes.ts")).measureNodeWaits(options),
  compare: async (options) => [await (await import("./capacity-in-turns.ts")).compareCapacity(options)],
};
const ON_REQUEST: readonly string[] = ["compare"];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    output: { type: "string" },
    against: { type: "string" },
  },
});
const unknown = positionals.filter((part) => !(part in PARTS));
if (unknown.length > 0) {
  process.stderr.write(`bench: no part ${unknown.join(", ")}; there are ${Object.keys(PARTS).join(", ")}\n`);
  process.exitCode = 64;
} else if (positionals.includes("compare") && values.against === undefined) {
  process.stderr.write("bench: compare needs --against FOLDER, another checkout that is built\n");
  process.exitCode = 64;
} else {
  const all = Object.keys(PARTS).filter((part) => !ON_REQUEST.includes(part));
  await run(positionals.length > 0 ? positionals : all);
}

async function run(parts: readonly string[]): Promise<void> {
  if (!existsSync(EXECUTABLE)) {
    execFileSync(process.execPath, ["packaging/build.ts"], { stdio: "inherit" });
  }
  const { quick, against } = values;
  const options = { quick, against, log: (line: string) => void process.stderr.write(`${line}\n`) };
  const texts = [machine()];
  for (const part of parts) {
    for (const section of (await PARTS[part]?.(options)) ?? []) {
      texts.push(render(section));
      process.stdout.write(`\n${texts.at(-1)}`);
    }
  }
  if (values.output !== undefined) {
    writeFileSync(values.output, texts.join("\n"));
  }
  process.exit();
}

function machine(): string {
  const model = cpus()[0]?.model ?? "unknown processor";
  const gib = Math.round(totalmem() / 2 ** 30);
  return `Measured on ${availableParallelism()} cores (${model}), ${gib} GiB, Linux ${release()}, Node ${process.version}, everything on loopback.\n`;
}
