import * as z from "zod";
import type { NodesReport } from "../../protocol/nodes/node-exchange.ts";
import type { SyncReply } from "../../protocol/sync.ts";
import type { AgentConfig } from "../config/schema/agent-config.ts";
import { NO_NODES_STATUS, type NodesStatus } from "./status/nodes-status.ts";

/** What became of a request about a node. `why` is one or more sentences. */
export const nodeAnswerSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("done"), lines: z.array(z.string()) }),
  z.object({ kind: z.literal("refused"), why: z.string() }),
]);
export type NodeAnswer = z.infer<typeof nodeAnswerSchema>;

/**
 * The part of the agent that keeps nodes. It runs beside the sync loop, and nothing that it does or
 * meets stops the loop: no function of it throws or rejects.
 */
export interface NodesPart {
  /** Runs until `signal` aborts. `syncSoon` is called if the control plane should hear news. */
  run(signal: AbortSignal, syncSoon: () => void): Promise<void>;
  /** `[reconciler]` and `[reporter]`, whenever they change. */
  configure(config: AgentConfig): void;
  /** What the next sync carries; undefined: nothing is known yet. */
  report(): NodesReport | undefined;
  /** A sync that carried `sent` was accepted. */
  synced(sent: NodesReport | undefined, reply: SyncReply): void;
  status(): NodesStatus;
  /** The last lines of a process's log, at most 1000. */
  logs(name: string, role: string | undefined, lines: number): Promise<NodeAnswer>;
  /** Drops an unlisted node whose processes are stopped. Its data stays. */
  forget(name: string): Promise<NodeAnswer>;
  /** Frees the name of a deleted node whose kept data is deleted now. */
  purged(name: string): Promise<NodeAnswer>;
}

/** For an agent without nodes, such as in tests of the rest. */
export const WITHOUT_NODES: NodesPart = {
  run: (signal) =>
    new Promise((resolve) => {
      if (signal.aborted) {
        resolve();
      }
      signal.addEventListener("abort", () => resolve(), { once: true });
    }),
  configure: () => {},
  report: () => undefined,
  synced: () => {},
  status: () => NO_NODES_STATUS,
  logs: async () => ({ kind: "refused", why: "This agent has no nodes." }),
  forget: async () => ({ kind: "refused", why: "This agent has no nodes." }),
  purged: async () => ({ kind: "refused", why: "This agent has no nodes." }),
};
