import { type Command, Option } from "commander";
import * as z from "zod";
import { type CommandContext, createCommand } from "../../../lib/command-line/command.ts";
import { complain, type Terminal } from "../../../lib/command-line/terminal.ts";
import { printable } from "../../../lib/printable.ts";
import { CATALOGUE } from "../../../protocol/chains/catalogue.ts";
import { changedNode, type Node } from "../management/node-outputs.ts";
import { managementClient, oneOrganization, organizationOptions, print } from "../management/options.ts";
import { configured } from "./configuration.ts";
import {
  type ConfigurationOptions,
  configurationOptions,
  WAIT_EXIT_CODES,
  type WaitOptions,
  waitOptions,
} from "./node-options.ts";
import { NODE_FIELDS, type NodeOptions } from "./node-queries.ts";
import { asOrdered, stepOf, waitForNode } from "./wait-for-node.ts";

const CHAINS = CATALOGUE.map(({ chain }) => chain).join(", ");

interface CreateOptions extends NodeOptions, ConfigurationOptions, WaitOptions {
  readonly executor: string;
  readonly name: string;
  readonly chain: string;
  readonly network: string;
  readonly type: string;
  readonly stopped?: boolean;
}

export function createNodeCommand({ terminal }: CommandContext): Command {
  return createCommand({
    name: "create",
    summary: "create a node on an executor",
    description:
      "Creates a node. Its executor's agent starts it at its next sync. Every entry that is wrong is named, and then nothing is created. Roles without --client get the usual client, and settings, ports and limits without an option their defaults.",
    options: [
      new Option("--executor <executor>", "name or id of the executor that runs it").makeOptionMandatory(),
      new Option(
        "--name <name>",
        "its name, unique on the executor: at most 26 lower-case letters, digits and inner hyphens",
      ).makeOptionMandatory(),
      new Option("--chain <chain>", `one of ${CHAINS}`).makeOptionMandatory(),
      new Option("--network <network>", "mainnet, or a test network of the chain").makeOptionMandatory(),
      new Option("--type <type>", "node type of the chain").default("full"),
      ...configurationOptions(),
      new Option("--stopped", "create it, and do not start it"),
      ...waitOptions(),
      ...organizationOptions(),
    ],
    examples: [
      {
        command:
          "sudo novacula-control-plane nodes create --executor agent-1 --name btc-1 --chain bitcoin --network signet",
        does: "with defaults",
      },
      {
        command:
          "sudo novacula-control-plane nodes create --executor agent-1 --name btc-2 --chain bitcoin --network mainnet --set node.dbcache=4096 --memory node=8GiB --wait",
        does: "with a setting and a limit, and wait until it runs",
      },
    ],
    exitCodes: WAIT_EXIT_CODES,
    action: (options: CreateOptions) => create(options, terminal),
  });
}

async function create(options: CreateOptions, terminal: Terminal): Promise<void> {
  const client = managementClient(options, terminal);
  const organization = await oneOrganization(client, options, terminal);
  const { executor, name, chain, network, type: nodeType, stopped = false } = options;
  const desiredState = stopped ? "stopped" : "running";
  const own = { organization: organization.id, executor, name, chain, network, nodeType, desiredState };
  const document = `mutation($input: CreateNodeInput!) {
    createNode(input: $input) { node { ${NODE_FIELDS} } warnings } }`;
  const data = z.object({ createNode: changedNode });
  const variables = { input: { ...own, ...configured(options) } };
  const { createNode: created } = await client.request(document, variables, data);
  warn(created.warnings, terminal);
  const node =
    options.wait === true
      ? ((await waitForNode(client, created.node, asOrdered, options, terminal)) ?? created.node)
      : created.node;
  print<"nodes create">(terminal, options, {
    value: { node, warnings: created.warnings },
    text: `Created node ${node.name}, ${node.id}, on executor ${printable(node.executor.name)}. ${nextOf(node)}\n`,
  });
}

/** What is accepted, and still worth knowing. */
export function warn(warnings: readonly string[], terminal: Terminal): void {
  for (const warning of warnings) {
    complain(terminal, `Warning: ${printable(warning, 400)}`);
  }
}

/** Where the node is, for the end of a sentence about a change. */
export function nextOf(node: Node): string {
  return node.observed === null ? "Its executor has not reported it yet." : `It is ${stepOf(node)}.`;
}
