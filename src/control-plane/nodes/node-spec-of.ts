import type { NodeSpec } from "../../protocol/nodes/node-spec.ts";
import type { NodeRecord } from "../store/contract/nodes.ts";

/**
 * What an executor gets of a node, with its fields in the order of the document. Undefined if its
 * row is damaged: what cannot be read is no order.
 */
export function nodeSpecOf(node: NodeRecord): NodeSpec | undefined {
  const { id, name, revision, config, desiredState, restartGeneration, deletion, damaged } = node;
  const isReadable = damaged.every((column) => column === "observed" || column === "observedAt");
  if (config === undefined || !isReadable) {
    return undefined;
  }
  return {
    id,
    name,
    revision,
    ...config,
    desiredState,
    restartGeneration,
    deletion: deletion === null ? null : { keepData: deletion.keepData },
  };
}
