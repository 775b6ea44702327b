import { setImmediate as nextTurn } from "node:timers/promises";
import type * as z from "zod";
import { notFound } from "../api-error.ts";
import { invalidConfig } from "../nodes/node-checks.ts";
import { phaseOf } from "../nodes/phase.ts";
import type { Scope } from "../rights/scope.ts";
import type { NodeRecord } from "../store/contract/nodes.ts";
import { nodeAnswer } from "./node-answers.ts";
import { decoded, keyArguments } from "./request/inputs.ts";
import * as inputs from "./request/node-inputs.ts";
import type { ResolverDeps, Resolvers } from "./resolver.ts";

type NodeListInput = z.output<typeof inputs.nodeListArguments>;

export function nodeResolvers(deps: ResolverDeps, scope: Scope): Resolvers {
  const { store } = deps;
  return {
    nodes: async (input) => {
      const page = decoded(inputs.nodeListArguments, input);
      const found = await scope.organization(page.organization);
      const nodes = found === undefined ? [] : await nodesOf(deps, found.id, page);
      return nodes.map((node) => nodeAnswer(node, deps));
    },
    node: async (input) => {
      const node = await store.nodes.byId(decoded(keyArguments, input).id);
      return node === undefined || !scope.actor.reaches(node.organizationId) ? null : nodeAnswer(node, deps);
    },
  };
}

export function nodeMutations(deps: ResolverDeps, { actor, ...scope }: Scope): Resolvers {
  const { nodeChanges } = deps;
  const answer = (node: NodeRecord) => nodeAnswer(node, deps);
  return {
    createNode: async (input) => {
      const { organization, ...request } = configuration(inputs.createNodeArguments, input).input;
      const found = await scope.organization(organization);
      if (found === undefined) {
        throw notFound("you are not in that organization: leave it out to use the active one");
      }
      const { node, warnings } = await nodeChanges.create(actor, { ...request, organizationId: found.id });
      return { node: answer(node), warnings };
    },
    updateNode: async (input) => {
      const request = configuration(inputs.updateNodeArguments, input);
      const { id, expectedRevision } = request;
      const { node, warnings } = await nodeChanges.update(actor, id, expectedRevision, request.input);
      return { node: answer(node), warnings };
    },
    requestNodeLifecycleAction: async (input) => {
      const { id, action } = decoded(inputs.lifecycleArguments, input);
      return answer(await nodeChanges.request(actor, id, action));
    },
    deleteNode: async (input) => {
      const { id, confirmName, keepData } = decoded(inputs.deleteNodeArguments, input);
      return answer(await nodeChanges.delete(actor, id, confirmName, keepData));
    },
    closeLostNode: async (input) => {
      const { id, confirmName } = decoded(inputs.closeLostNodeArguments, input);
      return answer(await nodeChanges.closeLost(actor, id, confirmName));
    },
  };
}

/** Rejects with every entry that does not fit, at the place that people know. */
function configuration<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const issues = inputs.configurationIssues(schema, input);
  if (issues !== undefined) {
    throw invalidConfig(issues);
  }
  return decoded(schema, input);
}

async function nodesOf(
  { store, reportedNodes }: ResolverDeps,
  organizationId: string,
  { executor, phase, ...page }: NodeListInput,
): Promise<readonly NodeRecord[]> {
  const executorId = executor === null ? null : await executorIdOf(store, organizationId, executor);
  if (executorId === undefined) {
    return [];
  }
  const filters = { ...page, executorId };
  if (phase === null) {
    return store.nodes.list(organizationId, filters);
  }
  // A phase is not stored, so pages are read until enough nodes have it.
  const found: NodeRecord[] = [];
  for (let { before } = page; ; ) {
    const nodes = await store.nodes.list(organizationId, { ...filters, before, limit: PAGE });
    found.push(...nodes.filter((node) => phaseOf(reportedNodes.latest(node)) === phase));
    before = nodes.at(-1)?.id ?? null;
    if (nodes.length < PAGE || found.length >= page.limit) {
      return found.slice(0, page.limit);
    }
    await nextTurn();
  }
}

const PAGE = 200;

async function executorIdOf(
  { executors }: ResolverDeps["store"],
  organizationId: string,
  reference: string,
): Promise<string | undefined> {
  const found =
    (await executors.inOrganization(organizationId, reference)) ??
    (await executors.byName(organizationId, reference));
  return found?.id;
}
