import * as z from "zod";
import { type NodeCapabilities, nodeCapabilities } from "../../../protocol/nodes/node-exchange.ts";
import { DESIRED_NODE_STATES, MAX_INT, nodeConfig } from "../../../protocol/nodes/node-spec.ts";
import { observedNode } from "../../../protocol/nodes/observed-node.ts";
import type { ExecutorNodes, NodeRecord, NodeRevision, OwnNode } from "../contract/nodes.ts";
import { Cells } from "./cells.ts";
import type { Row } from "./row.ts";

/** Rows about nodes as records. None of these throws. */

const deletion = z.object({ keepData: z.boolean(), at: z.number().int().min(0).max(8.64e15) });

export function node(row: Row): NodeRecord {
  const cells = new Cells(row);
  return {
    id: cells.text("id"),
    organizationId: cells.text("organizationId"),
    executor: { id: cells.text("executorId"), name: cells.text("executorName") },
    name: cells.text("name"),
    revision: cells.count("revision", MAX_INT),
    lostChanges: cells.count("lostChanges"),
    ...order(cells),
    isGone: cells.count("isGone") === 1,
    createdAt: cells.time("createdAt"),
    updatedAt: cells.time("updatedAt"),
    observed: cells.jsonOrNull("observed", observedNode),
    observedAt: cells.timeOrNull("observedAt"),
    damaged: cells.damaged,
  };
}

export function nodeRevision(row: Row): NodeRevision {
  const cells = new Cells(row);
  return {
    revision: cells.count("revision", MAX_INT),
    ...order(cells),
    at: cells.time("at"),
    actor: cells.text("actor"),
    damaged: cells.damaged,
  };
}

/** Of what cannot be read, nothing is ordered: `damaged` says so, and the node is not sent. */
function order(cells: Cells) {
  return {
    config: cells.jsonOrUndefined("config", nodeConfig),
    desiredState: cells.wordOrUndefined("desiredState", DESIRED_NODE_STATES) ?? ("running" as const),
    restartGeneration: cells.count("restartGeneration", MAX_INT),
    deletion: cells.jsonOrNull("deletion", deletion),
  };
}

export function executorNodes(row: Row): Omit<ExecutorNodes, "nodes"> {
  const cells = new Cells(row);
  return {
    changeNumber: cells.count("changeNumber"),
    lostChanges: cells.count("lostChanges"),
    seen: cells.countOrNull("seen"),
    capabilitiesHash: cells.textOrNull("capabilitiesHash"),
  };
}

export function ownNode(row: Row): OwnNode {
  const cells = new Cells(row);
  return {
    id: cells.text("id"),
    name: cells.text("name"),
    desiredState: cells.wordOrUndefined("desiredState", DESIRED_NODE_STATES) ?? "running",
    deletion: cells.jsonOrNull("deletion", deletion),
    isGone: cells.count("isGone") === 1,
  };
}

export function capabilities(row: Row): NodeCapabilities | undefined {
  return new Cells(row).jsonOrUndefined("capabilities", nodeCapabilities);
}
