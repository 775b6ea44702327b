import { unitName } from "../../protocol/chains/process-kinds.ts";
import type { NodeSpec } from "../../protocol/nodes/node-spec.ts";
import type { ObservedNode, ObservedProcess } from "../../protocol/nodes/observed-node.ts";
import type { NodeStatus, NodesStatus } from "../daemon/status/nodes-status.ts";
import type { HeldNode } from "./decide/node-list.ts";
import type { Outlook } from "./host-look.ts";
import type { ListKeeper } from "./list-keeper.ts";

/** What the commands show of all nodes. */
export function nodesStatusOf(
  keeper: ListKeeper,
  outlook: Outlook,
  obstacle: string | undefined,
): Omit<NodesStatus, "conditions"> {
  const { nodes, waiting, changeNumber } = keeper.list();
  const observed = new Map(outlook.observed.map((node) => [node.id, node]));
  return {
    obstacle: obstacle ?? null,
    isObserveOnly: keeper.isObserveOnly(),
    changeNumber,
    diskFreeBytes: outlook.look?.disk?.freeBytes ?? null,
    nodes: [
      ...nodes
        .filter(({ end }) => end !== "deleted")
        .map((node) => ({
          ...statusOfNode(node, observed.get(node.spec.id)),
          ofExecutor: keeper.ownerOf(node),
        })),
      ...waiting.map((spec) => ({ ...base(spec), waitsForName: true })),
    ],
    unknownUnits: [...(outlook.look?.unknownUnits ?? [])],
  };
}

function statusOfNode({ spec, isUnlisted, end }: HeldNode, observed: ObservedNode | undefined): NodeStatus {
  return {
    ...base(spec),
    runningRevision: observed?.revision ?? null,
    isUnlisted,
    isKept: end === "kept",
    processes: (observed?.processes ?? []).map((process) => shown(spec, process)),
  };
}

function base(spec: NodeSpec): NodeStatus {
  const { name, id, chain, network, revision, deletion, desiredState } = spec;
  return {
    name,
    id,
    chain,
    network,
    desiredState: deletion === null ? desiredState : "deleted",
    revision,
    runningRevision: null,
    isUnlisted: false,
    isKept: false,
    waitsForName: false,
    processes: [],
  };
}

function shown(spec: NodeSpec, { since, ...process }: ObservedProcess): NodeStatus["processes"][number] {
  const at = new Date(since);
  return {
    ...process,
    unit: unitName(spec.chain, process.role, spec.name),
    since: (Number.isNaN(at.getTime()) ? new Date(0) : at).toISOString(),
  };
}
