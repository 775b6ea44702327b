import { Argument, type Command } from "commander";
import * as z from "zod";
import { type CommandContext, createCommand } from "../../../lib/command-line/command.ts";
import type { Terminal } from "../../../lib/command-line/terminal.ts";
import { node as nodeOutput } from "../management/node-outputs.ts";
import { managementClient, print } from "../management/options.ts";
import { nextOf } from "./create-command.ts";
import { nodeOptions, WAIT_EXIT_CODES, type WaitOptions, waitOptions } from "./node-options.ts";
import { findNode, NODE_FIELDS, type NodeOptions } from "./node-queries.ts";
import { asOrdered, waitForNode } from "./wait-for-node.ts";

const ACTIONS = {
  start: {
    summary: "start a node that is stopped",
    description: "Orders a node to run. It also comes back after a reboot of its host.",
  },
  stop: {
    summary: "stop a node, and keep its data",
    description:
      "Orders a node to stop, in an orderly way: some clients need minutes. It stays stopped after a reboot of its host. Its data stays.",
  },
  restart: {
    summary: "restart a node",
    description: "Orders a node that runs to restart, in an orderly way. Its data stays.",
  },
} as const;

type Action = keyof typeof ACTIONS;

export function lifecycleCommands({ terminal }: CommandContext): readonly Command[] {
  const actions: readonly Action[] = ["start", "stop", "restart"];
  return actions.map((action) =>
    createCommand({
      name: action,
      ...ACTIONS[action],
      arguments: [new Argument("<node>", "its id or name")],
      options: [...waitOptions(), ...nodeOptions()],
      examples: [
        {
          command: `sudo novacula-control-plane nodes ${action} btc-1 --wait`,
          does: "and wait until it is done",
        },
      ],
      exitCodes: WAIT_EXIT_CODES,
      action: (reference: string, options: NodeOptions & WaitOptions) =>
        request(action, reference, options, terminal),
    }),
  );
}

async function request(
  action: Action,
  reference: string,
  options: NodeOptions & WaitOptions,
  terminal: Terminal,
): Promise<void> {
  const client = managementClient(options, terminal);
  const found = await findNode(client, reference, options, terminal);
  const document = `mutation($id: ID!, $action: NodeLifecycleAction!) {
    requestNodeLifecycleAction(id: $id, action: $action) { ${NODE_FIELDS} } }`;
  const data = z.object({ requestNodeLifecycleAction: nodeOutput });
  const answer = await client.request(document, { id: found.id, action }, data);
  const ordered = answer.requestNodeLifecycleAction;
  const isDone = options.wait === true;
  const node = isDone
    ? ((await waitForNode(client, ordered, asOrdered, options, terminal)) ?? ordered)
    : ordered;
  const text = isDone
    ? `Node ${node.name} is ${node.phase}.\n`
    : `Node ${node.name} is ordered to ${action}. ${nextOf(node)}\n`;
  print<`nodes ${Action}`>(terminal, options, { value: { node }, text });
}
