import { plan } from "../../src/agent/reconciler/decide/plan.ts";
import type { PlannedNode } from "../../src/agent/reconciler/decide/planned-node.ts";
import type { BenchOptions } from "./options.ts";
import { type Section, spread } from "./table.ts";

const NODES = 64;
const ROUNDS = 9;
const HOST = {
  takenPorts: new Set<string>(),
  onHiddenDisks: new Set<string>(),
  diskFreeBytes: Number.POSITIVE_INFINITY,
  diskReserveBytes: 0,
  maySlowStop: true,
};

/** How long the planner takes for as many nodes as an executor may have. */
export async function measurePlanner({ quick, log }: BenchOptions): Promise<Section> {
  const turns = quick ? 200 : 2000;
  log(`the planner: ${NODES} nodes, ${turns} turns`);
  const rows = [
    ["at rest", nodesWith("up", true)],
    ["all to be started", nodesWith("down", false)],
  ] as const;
  return {
    title: `The planner, ${NODES} nodes`,
    header: ["nodes", "ms a turn"],
    rows: rows.map(([name, nodes]) => [name, spread(timesOf(nodes, turns), 3)]),
    notes: [`${ROUNDS} rounds of ${turns} turns: the median, and the least and the most.`],
  };
}

function timesOf(nodes: readonly PlannedNode[], turns: number): readonly number[] {
  const round = () => {
    const before = performance.now();
    for (let turn = 0; turn < turns; turn += 1) {
      plan(nodes, HOST);
    }
    return (performance.now() - before) / turns;
  };
  round();
  return Array.from({ length: ROUNDS }, round);
}

function nodesWith(activity: "up" | "down", isEnabled: boolean): readonly PlannedNode[] {
  return Array.from({ length: NODES }, (_, index) => ({
    name: `node-${index}`,
    desired: "running",
    keepData: false,
    isSlow: false,
    revision: 1,
    restartGeneration: 0,
    processes: [
      {
        role: "node",
        unit: `litecoin-node@node-${index}.service`,
        wanted: {
          kind: "ready",
          hash: "a".repeat(64),
          ports: [0, 1].map((port) => ({ port: 20_000 + 2 * index + port, protocol: "tcp" })),
        },
        limits: "",
        givenLimits: "",
        activity,
        isEnabled,
        startedWith: activity === "up" ? { hash: "a".repeat(64), revision: 1, generation: 0 } : undefined,
        hasItsFiles: true,
      },
    ],
  }));
}
