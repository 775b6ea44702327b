import * as z from "zod";
import { MAX_NODES, nodeSpec } from "./node-spec.ts";
import { areObservedNodes } from "./observed-guard.ts";
import { type ObservedNode, observedNodes } from "./observed-node.ts";

/**
 * What a sync carries about nodes: `SyncExecutorInput.nodes`, `SyncExecutorResult.nodes`. Control
 * planes before this version know neither field, so executors repeat without them.
 */

/** SHA-256 of the capabilities, as `hashOfCapabilities` computes it. */
const hash = z.string().regex(/^[0-9a-f]{64}$/u, "must be a SHA-256 in hex");
const word = z.string().regex(/^[\x21-\x7e]{1,32}$/u, "must be 1 to 32 printable ASCII characters");
const words = z.array(word).max(64);

/** What this agent can run. It is the catalogue of its release, and which programs it finds. */
export const nodeCapabilities = z.strictObject({
  chains: z
    .array(
      z.strictObject({
        chain: word,
        networks: words,
        nodeTypes: words,
        roles: z
          .array(
            z.strictObject({
              role: word,
              clients: z
                .array(
                  z.strictObject({
                    client: word,
                    versions: words,
                    /** Those of `versions` whose program is on the host now. */
                    installed: words,
                  }),
                )
                .max(16),
            }),
          )
          .max(8),
      }),
    )
    .max(64),
});
export type NodeCapabilities = z.infer<typeof nodeCapabilities>;

export const nodesReport = z.strictObject({
  /** The change number of the list that the executor holds; null: none. */
  seen: z
    .number()
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .nullish()
    .transform((value) => value ?? null),
  capabilitiesHash: hash,
  /** Only if the last reply wanted it. */
  capabilities: nodeCapabilities.nullish().transform((value) => value ?? null),
  /** Whether `observed` is everything; otherwise it is what has changed. */
  isWhole: z.boolean(),
  observed: z.unknown().transform((value, context): readonly ObservedNode[] => {
    if (areObservedNodes(value)) {
      return value;
    }
    const { data = [], error } = observedNodes.safeParse(value);
    for (const { path, message } of error?.issues ?? []) {
      context.issues.push({ code: "custom", path, message, input: undefined });
    }
    return data;
  }),
});
export type NodesReport = z.infer<typeof nodesReport>;

export const nodesReply = z.object({
  /** Of `list`, or of the list that the control plane has now. Grows with every change. */
  changeNumber: z.number().int().min(0),
  /** Nodes of this executor, deleted ones included until it has reported them gone. */
  count: z.number().int().min(0).max(MAX_NODES),
  /** All nodes of this executor; null: nothing is newer than `seen`. */
  list: z
    .array(nodeSpec)
    .max(MAX_NODES)
    .nullish()
    .transform((value) => value ?? null),
  /** The next report shall carry `capabilities`. */
  wantsCapabilities: z.boolean(),
  /** The next report shall be whole. */
  wantsWhole: z.boolean(),
});
export type NodesReply = z.infer<typeof nodesReply>;
