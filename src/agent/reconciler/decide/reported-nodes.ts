import { forAgent, withSudo } from "../../../lib/shell-word.ts";
import type { ObservedNode } from "../../../protocol/nodes/observed-node.ts";
import type { NodeList } from "./node-list.ts";

/** Makes what the control plane is told, once for each list and what was observed. */
export class ReportedNodes {
  readonly #since: number;
  #list: NodeList | undefined;
  #observed: readonly ObservedNode[] = [];
  #reported: readonly ObservedNode[] = [];

  /** `since` is epoch ms: a new node waits since then. */
  constructor(since: number) {
    this.#since = since;
  }

  /** The same array for the same arguments. */
  of(list: NodeList, observed: readonly ObservedNode[]): readonly ObservedNode[] {
    if (list !== this.#list || observed !== this.#observed) {
      this.#reported = reportedNodes(list, observed, this.#since);
      this.#list = list;
      this.#observed = observed;
    }
    return this.#reported;
  }
}

/**
 * What the control plane is told. Of a deleted node it needs to hear nothing more, once its list
 * does not have the node. A new node whose name is in use is there, and says why it waits.
 */
function reportedNodes(
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
          reason: `An earlier node ${name} still has its name on the host, or its kept data has. Fix: delete it, or run there: ${forAgent(`nodes purge ${name}`, withSudo)}`,
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
