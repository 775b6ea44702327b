import * as z from "zod";
import { NODE_PROBLEMS, PROCESS_STATUSES } from "../../../protocol/nodes/observed-node.ts";
import { conditionSchema } from "./condition.ts";

const amount = z.number().nullable();

const processSchema = z.object({
  role: z.string(),
  unit: z.string().describe("The systemd unit"),
  client: z.string(),
  version: z.string(),
  status: z.enum(PROCESS_STATUSES),
  problem: z.enum(NODE_PROBLEMS).nullable().describe("Why it is in error, or why an order waits"),
  reason: z.string().nullable().describe("The same as a sentence, with what to do"),
  since: z.iso.datetime().describe("When the status began, ISO 8601, UTC"),
  restarts: z.number().int().describe("By systemd, since the last start that was asked for"),
  height: amount.describe("Blocks; null: unknown"),
  targetHeight: amount,
  peers: amount,
  syncProgress: amount.describe("0 to 1"),
  memoryBytes: amount,
});

export const nodeStatusSchema = z.object({
  name: z.string(),
  id: z.string(),
  chain: z.string(),
  network: z.string(),
  desiredState: z.enum(["running", "stopped", "deleted"]).describe("What the control plane ordered last"),
  revision: z.number().int().describe("The revision that was ordered last"),
  runningRevision: z.number().int().nullable().describe("The one that its processes run with; null: none"),
  isUnlisted: z.boolean().describe("The control plane's list does not have it. It goes on"),
  ofExecutor: z
    .string()
    .optional()
    .describe("The executor that it belongs to, if this host is another one since then"),
  isKept: z.boolean().describe("It is deleted, and its data was kept as ordered"),
  waitsForName: z.boolean().describe("An earlier node still has its name"),
  processes: z.array(processSchema),
});

/** What `nodes list --json` prints, and GET /nodes of the control socket answers. */
export const nodesStatusSchema = z
  .object({
    obstacle: z.string().nullable().describe("Why this agent cannot manage nodes; null: it can"),
    isObserveOnly: z.boolean().describe("nodes.json is damaged: nothing is changed until a list arrives"),
    changeNumber: z.number().int().nullable().describe("Of the last accepted list; null: none"),
    diskFreeBytes: amount.describe("Of the file system with the data of nodes"),
    nodes: z.array(nodeStatusSchema),
    unknownUnits: z
      .array(z.string())
      .describe("Units of nodes that start at boot, of which the agent knows nothing"),
    conditions: z
      .array(conditionSchema)
      .describe("What is wrong with the keeping of nodes, and lasts; normally nothing"),
  })
  .describe("The nodes of a host, as its novacula-agent sees them");

export type NodeStatus = z.infer<typeof nodeStatusSchema>;
export type NodesStatus = z.infer<typeof nodesStatusSchema>;

export const NO_NODES_STATUS: NodesStatus = {
  obstacle: null,
  isObserveOnly: false,
  changeNumber: null,
  diskFreeBytes: null,
  nodes: [],
  unknownUnits: [],
  conditions: [],
};

/** How a node is, in one word: the worst of its processes. */
export function nodeState({ processes, isKept, waitsForName }: NodeStatus): string {
  if (isKept) {
    return "kept";
  }
  if (waitsForName) {
    return "waiting";
  }
  const worst = (["error", "starting", "syncing", "running"] as const).find((status) =>
    processes.some((process) => process.status === status),
  );
  return worst ?? "stopped";
}

/** What is wrong with a node, as one sentence; null: nothing. */
export function problemOfNode(node: NodeStatus): string | null {
  const { processes, isUnlisted, isKept, waitsForName, ofExecutor } = node;
  const found = processes.find(({ problem }) => problem !== null);
  if (found !== undefined) {
    return found.reason ?? found.problem;
  }
  if (waitsForName) {
    return "An earlier node still has its name on this host.";
  }
  if (ofExecutor !== undefined && !isKept) {
    return `It belongs to executor ${ofExecutor}, which this host was before. It goes on.`;
  }
  return isUnlisted && !isKept ? "The control plane's list does not have it. It goes on." : null;
}

/** `3 nodes: 2 running, 1 error`; undefined without nodes. */
export function nodesSummary({ nodes }: Pick<NodesStatus, "nodes">): string | undefined {
  if (nodes.length === 0) {
    return undefined;
  }
  const counts = new Map<string, number>();
  for (const node of nodes) {
    const state = nodeState(node);
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  const parts = [...counts].map(([state, count]) => `${count} ${state}`);
  return `${nodes.length} ${nodes.length === 1 ? "node" : "nodes"}: ${parts.join(", ")}`;
}
