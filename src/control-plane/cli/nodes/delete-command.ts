import { Argument, type Command, Option } from "commander";
import * as z from "zod";
import { type CommandContext, createCommand } from "../../../lib/command-line/command.ts";
import { CommandError } from "../../../lib/command-line/command-error.ts";
import { askForWord } from "../../../lib/command-line/confirm.ts";
import type { Terminal } from "../../../lib/command-line/terminal.ts";
import { printable } from "../../../lib/printable.ts";
import type { ManagementClient } from "../management/management-client.ts";
import { type Node, node as nodeOutput } from "../management/node-outputs.ts";
import { managementClient, print } from "../management/options.ts";
import { nodeOptions, WAIT_EXIT_CODES, type WaitOptions, waitOptions } from "./node-options.ts";
import { findNode, NODE_FIELDS, type NodeOptions } from "./node-queries.ts";
import { isDeleted, waitForNode } from "./wait-for-node.ts";

interface DeleteOptions extends NodeOptions, WaitOptions {
  readonly keepData?: boolean;
  readonly deleteData?: boolean;
  readonly hostLost?: boolean;
  readonly confirm?: string;
}

export function deleteNodeCommand({ terminal }: CommandContext): Command {
  return createCommand({
    name: "delete",
    summary: "delete a node, with its data or without",
    description:
      "Stops a node and deletes it. Say what happens to its data: --delete-data deletes it, which cannot be undone; --keep-data keeps it on the host, and its name in use there, until sudo novacula-agent nodes purge NAME runs there. A deletion cannot be taken back once it is ordered. On a terminal the command asks for the name of the node; elsewhere give it with --confirm.",
    arguments: [new Argument("<node>", "its id or name")],
    options: [
      new Option("--keep-data", "keep its data on the host").conflicts(["deleteData", "hostLost"]),
      new Option("--delete-data", "delete its data, too").conflicts(["keepData", "hostLost"]),
      new Option(
        "--host-lost",
        "forget the node without its executor, which has been offline for an hour; if the host still runs, so do the node's processes",
      ).conflicts(["keepData", "deleteData"]),
      new Option("--confirm <name>", "the name of the node, typed once more"),
      ...waitOptions(),
      ...nodeOptions(),
    ],
    examples: [
      { command: "sudo novacula-control-plane nodes delete btc-1 --keep-data", does: "asks for the name" },
      {
        command: "sudo novacula-control-plane nodes delete btc-1 --delete-data --confirm btc-1 --wait",
        does: "in a script, and wait until it is gone",
      },
    ],
    exitCodes: WAIT_EXIT_CODES,
    action: (reference: string, options: DeleteOptions) => remove(reference, options, terminal),
  });
}

async function remove(reference: string, options: DeleteOptions, terminal: Terminal): Promise<void> {
  const { keepData = false, deleteData = false, hostLost = false } = options;
  if (!keepData && !deleteData && !hostLost) {
    throw new CommandError(
      "usage",
      "what happens to the data is not said: give --keep-data or --delete-data",
    );
  }
  const client = managementClient(options, terminal);
  const found = await findNode(client, reference, options, terminal);
  const warning = warningOf(found, options);
  const confirmName =
    options.confirm ?? (await askForWord({ warning, word: found.name, option: "--confirm" }, terminal));
  if (hostLost) {
    const node = await closeLost(client, found, confirmName);
    return print<"nodes delete">(terminal, options, {
      value: { node, isGone: true },
      text: `Forgot node ${node.name}, ${node.id}. If its host still runs, so do its processes: stop them there (sudo novacula-agent nodes forget ${node.name}).\n`,
    });
  }
  const ordered = await order(client, found, confirmName, keepData);
  const end =
    options.wait === true ? await waitForNode(client, ordered, isDeleted, options, terminal) : ordered;
  const isGone = isDeleted(end);
  print<"nodes delete">(terminal, options, {
    value: { node: end ?? ordered, isGone },
    text: isGone
      ? `Deleted node ${ordered.name}, ${ordered.id}${keepData ? "; its data is on the host still" : " with its data"}.\n`
      : `Node ${ordered.name}, ${ordered.id}, is ordered to be deleted${keepData ? ", and its data to be kept" : " with its data"}.\n`,
  });
}

async function order(
  client: ManagementClient,
  { id }: Node,
  confirmName: string,
  keepData: boolean,
): Promise<Node> {
  const document = `mutation($id: ID!, $confirmName: String!, $keepData: Boolean!) {
    deleteNode(id: $id, confirmName: $confirmName, keepData: $keepData) { ${NODE_FIELDS} } }`;
  const data = z.object({ deleteNode: nodeOutput });
  return (await client.request(document, { id, confirmName, keepData }, data)).deleteNode;
}

async function closeLost(client: ManagementClient, { id }: Node, confirmName: string): Promise<Node> {
  const document = `mutation($id: ID!, $confirmName: String!) {
    closeLostNode(id: $id, confirmName: $confirmName) { ${NODE_FIELDS} } }`;
  const data = z.object({ closeLostNode: nodeOutput });
  return (await client.request(document, { id, confirmName }, data)).closeLostNode;
}

function warningOf({ name, chain, network, executor }: Node, options: DeleteOptions): string {
  const what = `Node ${name} (${chain} ${network}) on executor ${printable(executor.name)}`;
  if (options.hostLost === true) {
    return `${what} is forgotten. If its host still runs, its processes go on, and nobody watches them.`;
  }
  return options.keepData === true
    ? `${what} is stopped and deleted. Its data stays on the host, and so does its name there.`
    : `${what} is stopped and deleted with all of its data. This cannot be undone.`;
}
