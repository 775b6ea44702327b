import * as z from "zod";
import { capabilitiesOf } from "../../../src/protocol/chains/capabilities.ts";
import { hashOfCapabilities } from "../../../src/protocol/nodes/capabilities-hash.ts";
import type { NodesReply, NodesReport } from "../../../src/protocol/nodes/node-exchange.ts";
import type { NodeSpec } from "../../../src/protocol/nodes/node-spec.ts";
import type { ObservedNode, ObservedProcess } from "../../../src/protocol/nodes/observed-node.ts";
import { SYNC_EXECUTOR_WITH_NODES } from "../../../src/protocol/operations.ts";
import { syncReply } from "../../../src/protocol/sync.ts";
import { type Answer, SYNC_INPUT, type TestServer } from "./control-plane-server.ts";

/** Of an agent with every program of the catalogue on its host. */
export const CAPABILITIES = capabilitiesOf(() => true);

/** A node that the catalogue knows, as `createNode` gets it. */
export const LITECOIN = { chain: "litecoin", network: "regtest" } as const;

const created = z.object({
  createNode: z.object({
    node: z.object({ id: z.string(), revision: z.number() }),
    warnings: z.array(z.string()),
  }),
});

/** As much of a control plane as an executor needs. */
type Server = Pick<TestServer, "post" | "manage">;

/** An agent as the control plane sees it: it sends real requests, and runs nothing. */
export function nodeExecutor(server: Server, secret: string, name = "agent-1") {
  let reply: NodesReply | undefined;
  const send = (report: Partial<NodesReport> = {}): Promise<Answer> =>
    server.post(secret, SYNC_EXECUTOR_WITH_NODES, {
      input: {
        ...SYNC_INPUT,
        name,
        nodes: {
          seen: reply?.changeNumber ?? null,
          capabilitiesHash: hashOfCapabilities(CAPABILITIES),
          capabilities: reply === undefined || reply.wantsCapabilities ? CAPABILITIES : null,
          isWhole: false,
          observed: [],
          ...report,
        },
      },
    });
  /** Sends what an agent would, but for `report`, and keeps the list. */
  const sync = async (report: Partial<NodesReport> = {}): Promise<NodesReply> => {
    const answer = await send(report);
    const { nodes } = z.object({ syncExecutor: syncReply }).parse(answer.data).syncExecutor;
    if (nodes === null) {
      throw new Error("the answer has no nodes");
    }
    reply = nodes;
    return nodes;
  };
  const create = async (node: string, input: object = {}) => {
    const answer = await server.manage(
      `mutation($input: CreateNodeInput!) { createNode(input: $input) { node { id revision } warnings } }`,
      { input: { organization: "acme", executor: name, name: node, ...LITECOIN, ...input } },
    );
    if (answer.code !== undefined) {
      throw new Error(`${answer.code}: ${answer.message}`);
    }
    return created.parse(answer.data).createNode;
  };
  return { name, secret, send, sync, create };
}

export type NodeExecutor = ReturnType<typeof nodeExecutor>;

/** What an agent reports of a node that runs as ordered. */
export function running(
  spec: Pick<NodeSpec, "id" | "name" | "revision">,
  process: Partial<ObservedProcess> = {},
) {
  return observed(spec, {
    status: "running",
    height: 100,
    targetHeight: 100,
    peers: 8,
    syncProgress: 1,
    ...process,
  });
}

export function observed(
  { id, name, revision }: Pick<NodeSpec, "id" | "name" | "revision">,
  process: Partial<ObservedProcess> = {},
  node: Partial<ObservedNode> = {},
): ObservedNode {
  return {
    id,
    name,
    revision,
    processes: [
      {
        role: "node",
        client: "litecoind",
        version: "0.21.4",
        status: "starting",
        problem: null,
        reason: null,
        since: 1_764_000_000_000,
        restarts: 0,
        height: null,
        targetHeight: null,
        peers: null,
        syncProgress: null,
        memoryBytes: null,
        ...process,
      },
    ],
    diskFreeBytes: 5e11,
    isGone: false,
    isUnlisted: false,
    ...node,
  };
}

/** What an agent reports of a node that was ordered to be deleted, and is gone. */
export function gone(spec: Pick<NodeSpec, "id" | "name" | "revision">): ObservedNode {
  return { ...observed(spec), revision: null, processes: [], isGone: true };
}

/** Resolves once everything that executors have reported is written: a change waits for that. */
export async function written(server: Server): Promise<void> {
  await server.manage('mutation { updateNode(id: "none", expectedRevision: 0, input: {}) { warnings } }');
}
