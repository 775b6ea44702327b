import type { NodeList, NodesAnswer } from "./node-list.ts";

/** Nodes of an executor that this host was before `agent.name` changed. */
export interface LeftNodes {
  readonly names: readonly string[];
  /** The executor that they belong to. */
  readonly earlier: string;
  readonly now: NonNullable<NodeList["executor"]>;
}

/** `list`, and as which executor this host was answered: itself if it is the same one. */
export function noteExecutor(list: NodeList, { executor }: NodesAnswer): NodeList {
  return executor === undefined || executor.name === list.executor?.name
    ? list
    : { ...list, executor: { name: executor.name, since: executor.at } };
}

/**
 * The nodes that this host holds for another executor of the same organization. Without the name
 * of that executor nobody orders anything for them. Undefined: there are none.
 */
export function leftNodes(list: NodeList): LeftNodes | undefined {
  const { executor: now, organizationId } = list;
  const left = list.nodes.filter(
    (node) =>
      earlierOwner(list, node) !== undefined && node.end === null && node.organizationId === organizationId,
  );
  const earlier = left[0]?.executor;
  return now === undefined || earlier === undefined
    ? undefined
    : {
        names: left.filter(({ executor }) => executor === earlier).map(({ spec }) => spec.name),
        earlier,
        now,
      };
}

/** The executor that ordered a node, if this host is another one now. */
export function earlierOwner(
  { executor: now }: NodeList,
  { executor }: NodeList["nodes"][number],
): string | undefined {
  return now !== undefined && executor !== now.name ? executor : undefined;
}
