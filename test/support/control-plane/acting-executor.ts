import { setTimeout as pause } from "node:timers/promises";
import { Client } from "undici";
import type { NodeSpec } from "../../../src/protocol/nodes/node-spec.ts";
import type { ObservedNode } from "../../../src/protocol/nodes/observed-node.ts";
import { sendRaw } from "./control-plane-server.ts";
import { gone, nodeExecutor, observed, running } from "./node-executor.ts";

/** How a node is on its way, one report after the other. */
const STEPS = [
  (spec: NodeSpec) => observed(spec, { status: "stopped" }, { revision: null }),
  (spec: NodeSpec) => observed(spec, { status: "starting" }),
  (spec: NodeSpec) => running(spec, { status: "syncing", height: 43, targetHeight: 100, syncProgress: 0.43 }),
  (spec: NodeSpec) => running(spec),
] as const;

/**
 * An executor that carries out every order, a step with each sync, until `stop`. It speaks HTTP
 * with the control plane at `url`, and runs nothing.
 */
export async function startActingExecutor(url: string, secret: string, name = "agent-1") {
  const client = new Client(url);
  const post = (key: string | undefined, query: string, variables: unknown = {}) =>
    sendRaw(
      client,
      { "content-type": "application/json", authorization: `Bearer ${key}` },
      JSON.stringify({ query, variables }),
    );
  const manage = () => Promise.reject(new Error("an executor manages nothing"));
  const executor = nodeExecutor({ post, manage }, secret, name);
  const known = new Map<string, { spec: NodeSpec; step: number }>();
  const state = {
    isStopped: false,
    reportsPerStep: 1,
    failure: undefined as unknown,
    failing: undefined as ((spec: NodeSpec) => ObservedNode) | undefined,
  };

  function report(): ObservedNode[] {
    return [...known.values()].map((node) => {
      const { spec } = node;
      if (spec.deletion !== null) {
        return gone(spec);
      }
      if (state.failing !== undefined) {
        return state.failing(spec);
      }
      if (spec.desiredState === "stopped") {
        return observed(spec, { status: "stopped" }, { revision: null });
      }
      const step = STEPS[Math.min(Math.floor(node.step / state.reportsPerStep), STEPS.length - 1)] ?? running;
      node.step += 1;
      return step(spec);
    });
  }

  async function turn(): Promise<void> {
    const { list } = await executor.sync({ isWhole: true, observed: report() });
    for (const spec of list ?? []) {
      const old = known.get(spec.id)?.spec;
      const isSame = old?.revision === spec.revision;
      known.set(spec.id, { spec, step: isSame ? (known.get(spec.id)?.step ?? 0) : 0 });
    }
    for (const { id, deletion } of [...known.values()].map(({ spec }) => spec)) {
      if (list !== null && deletion?.keepData === false && !list.some((spec) => spec.id === id)) {
        known.delete(id);
      }
    }
  }

  await turn();
  const loop = (async () => {
    while (!state.isStopped) {
      await turn();
      await pause(100);
    }
  })().catch((error: unknown) => {
    // Without this, a control plane that ends first would fail the process and not the test.
    state.failure = error;
  });
  return {
    state,
    /** As if somebody had purged the data of deleted nodes on the host. */
    purge: () => known.clear(),
    async stop() {
      state.isStopped = true;
      await loop;
      await client.close();
    },
  };
}
