import { Argument, type Command, Option } from "commander";
import { type CommandContext, createCommand } from "../../../lib/command-line/command.ts";
import { type ListingOptions, listingOptions, listingText } from "../../../lib/command-line/listing.ts";
import type { Terminal } from "../../../lib/command-line/terminal.ts";
import { NODE_PHASES } from "../../../protocol/nodes/node-phase.ts";
import {
  managementClient,
  type OrganizationOptions,
  oneOrganization,
  organizationOptions,
  print,
} from "../management/options.ts";
import { createNodeCommand } from "./create-command.ts";
import { deleteNodeCommand } from "./delete-command.ts";
import { lifecycleCommands } from "./lifecycle-commands.ts";
import { nodeOptions } from "./node-options.ts";
import { findNode, listNodes, type NodeFilters, type NodeOptions } from "./node-queries.ts";
import { nodeListing, nodeText } from "./node-text.ts";
import { updateNodeCommand } from "./update-command.ts";

type ListOptions = OrganizationOptions & ListingOptions & NodeFilters;

export function nodeCommands(context: CommandContext): Command {
  return createCommand({
    name: "nodes",
    alias: "node",
    group: "Management:",
    summary: "create nodes on executors, look at them, change and delete them",
    description:
      "Creates, shows, changes and deletes nodes. A command writes the order; the agent on the executor's host carries it out with its next syncs and reports what it observes. With --wait, the command waits for that.",
    commands: [
      createNodeCommand(context),
      listCommand(context),
      showCommand(context),
      updateNodeCommand(context),
      ...lifecycleCommands(context),
      deleteNodeCommand(context),
    ],
  });
}

function listCommand({ terminal }: CommandContext): Command {
  return createCommand({
    name: "list",
    summary: "list the nodes",
    description:
      "Lists the nodes of an organization. An asterisk behind the phase: a change is pending. Below the table it says what there is to know of a node, above all what is wrong. A node that was deleted with its data kept is listed as kept, until its data is purged on its host.",
    options: [
      new Option("--executor <executor>", "only those of the executor with this name or id"),
      new Option("--chain <chain>", "only those of this chain"),
      new Option("--phase <phase>", "only those in this phase").choices(NODE_PHASES),
      new Option("--search <text>", "only those with this text in the name, or whose id begins with it"),
      ...listingOptions(),
      ...organizationOptions(),
    ],
    examples: [
      { command: "sudo novacula-control-plane nodes list", does: "all nodes, with phase and height" },
      { command: "sudo novacula-control-plane nodes list --phase error", does: "what needs a person" },
    ],
    action: (options: ListOptions) => list(options, terminal),
  });
}

async function list(options: ListOptions, terminal: Terminal): Promise<void> {
  const client = managementClient(options, terminal);
  const organization = await oneOrganization(client, options, terminal);
  const { executor, chain, phase, search } = options;
  const filters = { executor, chain, phase, search };
  const nodes = await listNodes(client, organization.id, filters);
  const isFiltered = Object.values(filters).some((value) => value !== undefined);
  const empty = isFiltered
    ? `Organization ${organization.slug} has no such node.`
    : `Organization ${organization.slug} has no node yet. Create one: novacula-control-plane nodes create`;
  print<"nodes list">(terminal, options, {
    value: { nodes: [...nodes] },
    text: listingText(nodeListing(nodes, empty, Date.now()), options, terminal),
  });
}

function showCommand({ terminal }: CommandContext): Command {
  return createCommand({
    name: "show",
    summary: "show one node",
    description: "Shows everything about one node: what was ordered, and what its executor reported last.",
    arguments: [new Argument("<node>", "its id or name")],
    options: nodeOptions(),
    examples: [{ command: "sudo novacula-control-plane nodes show btc-1", does: "what it does, and why" }],
    action: (reference: string, options: NodeOptions) => show(reference, options, terminal),
  });
}

async function show(reference: string, options: NodeOptions, terminal: Terminal): Promise<void> {
  const node = await findNode(managementClient(options, terminal), reference, options, terminal);
  print<"nodes show">(terminal, options, { value: { node }, text: nodeText(node, terminal, Date.now()) });
}
