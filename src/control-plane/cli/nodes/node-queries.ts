import * as z from "zod";
import { CommandError } from "../../../lib/command-line/command-error.ts";
import type { Terminal } from "../../../lib/command-line/terminal.ts";
import { printable } from "../../../lib/printable.ts";
import { allPages, PAGE_SIZE } from "../management/all-pages.ts";
import type { ManagementClient } from "../management/management-client.ts";
import { type Node, node } from "../management/node-outputs.ts";
import { type OrganizationOptions, organizationsOf, suggestion } from "../management/options.ts";

export const NODE_FIELDS = `id name executor { id name } damaged chain network nodeType
  clients { role client version allowDowngrade } overrides { role key value } limits { role memoryBytes cpuMillis }
  ports { role name port } plannedPorts { role name port protocol reach }
  desiredState restartGeneration revision phase isDrifted reason observedAt
  observed { revision diskFreeBytes processes { role client version status problem reason since restarts
    height targetHeight peers syncProgress memoryBytes } }
  deletion { keepData at isDone } createdAt updatedAt`;

export interface NodeOptions extends OrganizationOptions {
  readonly executor?: string;
}

export interface NodeFilters {
  readonly executor?: string | undefined;
  readonly chain?: string | undefined;
  readonly phase?: string | undefined;
  readonly search?: string | undefined;
}

/** All nodes of the organization that match, newest first. */
export async function listNodes(
  client: ManagementClient,
  organization: string,
  filters: NodeFilters,
): Promise<readonly Node[]> {
  const document = `query($organization: String!, $executor: String, $chain: String, $phase: NodePhase, $search: String,
    $limit: Int, $before: ID) { nodes(organization: $organization, executor: $executor, chain: $chain, phase: $phase,
    search: $search, limit: $limit, before: $before) { ${NODE_FIELDS} } }`;
  const data = z.object({ nodes: z.array(node) });
  return allPages(async (before) => {
    const variables = { organization, ...filters, limit: PAGE_SIZE, before };
    return (await client.request(document, variables, data)).nodes;
  });
}

/** Null if there is none. */
export async function nodeById(
  client: ManagementClient,
  id: string,
  signal?: AbortSignal,
): Promise<Node | null> {
  const document = `query($id: ID!) { node(id: $id) { ${NODE_FIELDS} } }`;
  return (await client.request(document, { id }, z.object({ node: node.nullable() }), signal)).node;
}

/** The node with this id; else the one node that has this name. */
export async function findNode(
  client: ManagementClient,
  reference: string,
  options: NodeOptions,
  terminal: Terminal,
): Promise<Node> {
  const byId = await nodeById(client, reference.slice(0, 200));
  if (byId !== null) {
    return byId;
  }
  const { executor } = options;
  const found: { readonly node: Node; readonly slug: string }[] = [];
  for (const { id, slug } of await organizationsOf(client, options, terminal)) {
    const nodes = await listNodes(client, id, { executor, search: reference.slice(0, 200) });
    found.push(...nodes.filter(({ name }) => name === reference).map((named) => ({ node: named, slug })));
  }
  const [match, ...others] = found;
  const shown = printable(reference);
  if (match === undefined) {
    throw new CommandError("not_found", `there is no node ${shown}`, {
      fix: `give the id or the name of one from: ${suggestion("nodes list", options)}`,
    });
  }
  if (others.length > 0) {
    const candidates = found.map(
      ({ node: each, slug }) => `\n  ${each.id}  executor ${printable(each.executor.name)}, ${slug}`,
    );
    throw new CommandError("ambiguous", `${found.length} nodes are called ${shown}${candidates.join("")}`, {
      fix: "give the id of one, or --executor",
    });
  }
  return match.node;
}
