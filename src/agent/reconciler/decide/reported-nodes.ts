import type { ObservedNode } from "../../../protocol/nodes/observed-node.ts";
import type { NodeList } from "./node-list.ts";

/**
 * What the control plane is told. Of a deleted node it needs to hear nothing more, once its list
 * does not have the node. A new node whose name is in use is there, and says why it waits.
 */
export function reportedNodes(
  { nodes, waiting }: NodeList,
  observed: readonly ObservedNode[],
  since: number,
): readonly ObservedNode[] {
  const forgotten = new Set(
    nodes.filter(({ end, isUnlisted }) => end !== null && isUnlisted).map(({ spec }) => spec.id),
  );
  return [
    ...observed.filter(({ id }) => !forgotten.has(id)),
    ...waiting.map(
      ({ id, name, clients }): ObservedNode => ({
        id,
        name,
        revision: null,
        processes: clients.map((client) => ({
          ...client,
          status: "error",
          problem: "bad_spec",
          reason: `An earlier node ${name} still has its name on the host, or its kept data has. Fix: delete it, or run there: sudo novacula-agent nodes purge ${name}`,
          since,
          restarts: 0,
          height: null,
          targetHeight: null,
          peers: null,
          syncProgress: null,
          memoryBytes: null,
        })),
        diskFreeBytes: null,
        isGone: false,
        isUnlisted: false,
      }),
    ),
  ];
}
