import { printable } from "../../lib/printable.ts";
import type { DesiredNodeState, NodeConfig } from "../../protocol/nodes/node-spec.ts";
import { conflict, notFound } from "../api-error.ts";
import { auditNode } from "../audit/audit.ts";
import type { Change } from "../rights/change.ts";
import type { ExecutorRecord } from "../store/contract/executors.ts";
import type { NodeRecord } from "../store/contract/nodes.ts";
import { changedPlaces } from "./changed-places.ts";
import { requireNewer, requireValid } from "./node-checks.ts";
import { withDefaultClients } from "./node-defaults.ts";
import {
  damagedRow,
  executorOf,
  keptData,
  type OrderDeps,
  reachedNode,
  requireNotDeleted,
  writeNew,
  writeOrder,
} from "./node-orders.ts";
import { warningsOf } from "./node-warnings.ts";

export interface NewNodeRequest extends NodeConfig {
  readonly organizationId: string;
  /** Name or id. */
  readonly executor: string;
  readonly name: string;
  readonly desiredState: DesiredNodeState;
}

/** What may be changed; undefined: stays as it is. */
export type NodeUpdate = {
  readonly [Field in "clients" | "overrides" | "limits" | "ports"]?: NodeConfig[Field] | undefined;
};

/** A node as a change left it, and what a person should know. */
export interface ChangedNode {
  readonly node: NodeRecord;
  readonly warnings: readonly string[];
}

/** Each role without a client gets the usual one. */
export async function createNode(
  { reported, presence }: OrderDeps,
  step: Change,
  request: NewNodeRequest,
): Promise<ChangedNode> {
  const { transaction, actor, at } = step;
  const { organizationId, name, desiredState, chain, network, nodeType, overrides, limits, ports } = request;
  const executor = await requiredExecutor(step, organizationId, request.executor);
  const capabilities = await transaction.nodes.capabilitiesOf(executor.id);
  const clients = withDefaultClients(chain, request.clients, capabilities);
  const config = { chain, network, nodeType, clients, overrides, limits, ports };
  const others = await transaction.nodes.listOfExecutor(executor.id);
  requireValid(config, { executorName: executor.name, capabilities, others });
  requireFreeName(others, name);
  const order = { config, desiredState, restartGeneration: 0, deletion: null };
  const own = { organizationId: executor.organizationId, executorId: executor.id, name };
  const node = await writeNew(step, reported, { ...own, ...order });
  await auditNode(transaction.audit, {
    actor,
    action: "node.created",
    node,
    details: { chain, network },
    at,
  });
  return { node, warnings: warningsOf(config, executor, presence.isOnline(executor, at), capabilities) };
}

export async function updateNode(
  { reported, presence }: OrderDeps,
  step: Change,
  id: string,
  expectedRevision: number,
  update: NodeUpdate,
): Promise<ChangedNode> {
  const { transaction, actor, at } = step;
  const node = await reachedNode(step, id);
  requireNotDeleted(node);
  requireRevision(node, expectedRevision);
  const { config: before } = node;
  if (before === undefined) {
    throw damagedRow(node.name);
  }
  const config = updated(before, update);
  requireNewer(config, before);
  const executor = await executorOf(step, node);
  const capabilities = await transaction.nodes.capabilitiesOf(executor.id);
  const all = await transaction.nodes.listOfExecutor(executor.id);
  const others = all.filter((each) => each.id !== id);
  requireValid(config, { executorName: executor.name, capabilities, others });
  const warnings = warningsOf(config, executor, presence.isOnline(executor, at), capabilities);
  const changed = changedPlaces(before, config);
  if (changed.length === 0) {
    return { node, warnings };
  }
  const result = await writeOrder(step, reported, node, { config });
  await auditNode(transaction.audit, {
    actor,
    action: "node.updated",
    node: result,
    details: { changed },
    at,
  });
  return { node: result, warnings };
}

async function requiredExecutor(
  { transaction, actor }: Change,
  organizationId: string,
  reference: string,
): Promise<ExecutorRecord> {
  const { executors } = transaction;
  const found =
    (await executors.inOrganization(organizationId, reference)) ??
    (await executors.byName(organizationId, reference));
  if (found !== undefined && actor.reaches(found.organizationId)) {
    return found;
  }
  throw notFound(`there is no executor ${printable(reference)}: choose one from the list of executors`);
}

function requireFreeName(others: readonly NodeRecord[], name: string): void {
  const other = others.find((each) => each.name === name);
  if (other === undefined) {
    return;
  }
  const where = `executor ${printable(other.executor.name)}`;
  if (other.isGone) {
    throw conflict(`a node ${name} was deleted, and ${keptData(name, other.executor.name)}`, "name_taken");
  }
  throw conflict(
    other.deletion === null
      ? `${where} has a node ${name} already: choose another name`
      : `${where} is deleting its node ${name}: wait until it is gone, or choose another name`,
    "name_taken",
  );
}

function requireRevision({ name, revision }: NodeRecord, expected: number): void {
  if (revision !== expected) {
    throw conflict(
      `node ${name} is at revision ${revision}, and the change was made for revision ${expected}: look at it again`,
      "revision_conflict",
    );
  }
}

/** Clients keep their program: its data is of no use to another one. */
function updated(before: NodeConfig, update: NodeUpdate): NodeConfig {
  const { clients = before.clients, overrides = before.overrides } = update;
  const { limits = before.limits, ports = before.ports } = update;
  for (const { role, client } of before.clients) {
    const now = clients.find((each) => each.role === role);
    if (now !== undefined && now.client !== client) {
      throw conflict(
        `the client of a node never changes: ${role} is ${client}. Create another node for ${now.client}`,
      );
    }
  }
  return { ...before, clients, overrides, limits, ports };
}
