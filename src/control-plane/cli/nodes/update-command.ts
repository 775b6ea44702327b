import { Argument, type Command, Option } from "commander";
import * as z from "zod";
import { type CommandContext, createCommand } from "../../../lib/command-line/command.ts";
import { CommandError } from "../../../lib/command-line/command-error.ts";
import type { Terminal } from "../../../lib/command-line/terminal.ts";
import { changedNode } from "../management/node-outputs.ts";
import { managementClient, print } from "../management/options.ts";
import { configured, type Unset } from "./configuration.ts";
import { warn } from "./create-command.ts";
import {
  type ConfigurationOptions,
  configurationOptions,
  nodeOptions,
  settingName,
  WAIT_EXIT_CODES,
  type WaitOptions,
  waitOptions,
} from "./node-options.ts";
import { findNode, NODE_FIELDS, type NodeOptions } from "./node-queries.ts";
import { asOrdered, waitForNode } from "./wait-for-node.ts";

interface UpdateOptions extends NodeOptions, ConfigurationOptions, Unset, WaitOptions {
  readonly allowDowngrade?: boolean;
}

export function updateNodeCommand({ terminal }: CommandContext): Command {
  return createCommand({
    name: "update",
    summary: "change settings, ports, limits or versions of a node",
    description:
      "Changes what the options name, and keeps the rest. The executor restarts the node's processes if they need it. Chain, network, node type and the client of a role never change; its version may. If somebody else changes the node at the same time, the change is refused.",
    arguments: [new Argument("<node>", "its id or name")],
    options: [
      ...configurationOptions(),
      new Option("--unset <role.key>", "back to the default of a setting").argParser(
        (text: string, before: Unset["unset"]) => [...(before ?? []), settingName(text)],
      ),
      new Option(
        "--allow-downgrade",
        "let --client name an older version, which may refuse or damage the data that a newer one has written",
      ),
      ...waitOptions(),
      ...nodeOptions(),
    ],
    examples: [
      {
        command: "sudo novacula-control-plane nodes update btc-1 --set node.dbcache=4096",
        does: "more cache",
      },
      {
        command: "sudo novacula-control-plane nodes update btc-1 --port node.rpc=default",
        does: "the usual port",
      },
      {
        command: "sudo novacula-control-plane nodes update btc-1 --client node=bitcoind@29.0 --wait",
        does: "another version, and wait until it runs",
      },
    ],
    exitCodes: WAIT_EXIT_CODES,
    action: (reference: string, options: UpdateOptions) => update(reference, options, terminal),
  });
}

async function update(reference: string, options: UpdateOptions, terminal: Terminal): Promise<void> {
  const { set, unset, port, memory, cpu, allowDowngrade = false } = options;
  const clients = options.client?.map((each) => ({ ...each, allowDowngrade }));
  if (allowDowngrade && clients === undefined) {
    throw new CommandError("usage", "--allow-downgrade needs a version: give --client ROLE=CLIENT@VERSION");
  }
  if ([clients, set, unset, port, memory, cpu].every((given) => given === undefined)) {
    throw new CommandError(
      "usage",
      "nothing is to be changed: give --set, --unset, --port, --memory, --cpu or --client",
    );
  }
  const changes = { ...options, ...(clients !== undefined && { client: clients }) };
  const client = managementClient(options, terminal);
  const before = await findNode(client, reference, options, terminal);
  const document = `mutation($id: ID!, $expectedRevision: Int!, $input: UpdateNodeInput!) {
    updateNode(id: $id, expectedRevision: $expectedRevision, input: $input) { node { ${NODE_FIELDS} } warnings } }`;
  const data = z.object({ updateNode: changedNode });
  const variables = { id: before.id, expectedRevision: before.revision, input: configured(changes, before) };
  const { updateNode: updated } = await client.request(document, variables, data);
  warn(updated.warnings, terminal);
  const node =
    options.wait === true
      ? ((await waitForNode(client, updated.node, asOrdered, options, terminal)) ?? updated.node)
      : updated.node;
  const isChanged = node.revision !== before.revision;
  print<"nodes update">(terminal, options, {
    value: { node, warnings: updated.warnings },
    text: isChanged
      ? `Node ${node.name} is at revision ${node.revision} now.\n`
      : `Node ${node.name} is like that already. Nothing was changed.\n`,
  });
}
