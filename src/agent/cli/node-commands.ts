import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import { type CommandContext, createCommand, type ExitCodeNote } from "../../lib/command-line/command.ts";
import { NODE_NAME } from "../../protocol/nodes/node-spec.ts";
import { configOption } from "./option-values.ts";

const GROUP = "Nodes:";
const ANSWERS: readonly ExitCodeNote[] = [
  [0, "done"],
  [1, "refused"],
  [2, "unknown: no answer"],
  [3, "no agent runs"],
  [4, "no such node"],
];
const DEFAULT_LINES = 200;

/** The commands about the nodes of this host. */
export function nodes(context: CommandContext): Command {
  const { terminal, end } = context;
  return createCommand({
    name: "nodes",
    group: GROUP,
    summary: "show the nodes of this host, their logs, and end what the control plane does not list",
    description:
      "Shows the nodes of this host as the running agent sees them. The control plane orders nodes; here they are shown, and only what it does not list can be ended.",
    options: [configOption(), jsonOption()],
    commands: [list, show, logs, check, forget, purge].map((define) => define(context)),
    examples: [
      { command: "sudo novacula-agent nodes", does: "a table of all nodes" },
      { command: "sudo novacula-agent nodes show btc-1", does: "one node and its processes" },
    ],
    exitCodes: ANSWERS,
    action: async (options) =>
      end(await (await import("./nodes/list-nodes.ts")).listNodes(options, terminal)),
  });
}

function list({ terminal, end }: CommandContext): Command {
  return createCommand({
    name: "list",
    summary: "a table of all nodes",
    description:
      "Prints a table of all nodes, and what is wrong with them. A node that was deleted with its data kept is listed as kept.",
    options: [configOption(), jsonOption()],
    exitCodes: [
      [0, "done, whatever the nodes do"],
      [2, "unknown: no answer"],
      [3, "no agent runs"],
    ],
    action: async (options) =>
      end(await (await import("./nodes/list-nodes.ts")).listNodes(options, terminal)),
  });
}

function show({ terminal, end }: CommandContext): Command {
  return createCommand({
    name: "show",
    summary: "one node and its processes",
    description: "Prints a node: what is ordered, what runs, and what is wrong.",
    arguments: [nameArgument()],
    options: [configOption(), jsonOption()],
    examples: [{ command: "sudo novacula-agent nodes show btc-1 --json", does: "for scripts" }],
    exitCodes: ANSWERS,
    action: async (name, options) =>
      end(await (await import("./nodes/list-nodes.ts")).showNode(name, options, terminal)),
  });
}

function logs({ terminal, end }: CommandContext): Command {
  return createCommand({
    name: "logs",
    summary: "the log of a node",
    description:
      "Prints the last lines of the log of one process of a node, oldest first. With --follow it goes on with each new line until Ctrl-C; that needs the right to read the journal, as root has it.",
    arguments: [nameArgument(), new Argument("[role]", "the process; by default the first one of the node")],
    options: [
      configOption(),
      new Option("-n, --lines <number>", "how many lines, 1 to 1000")
        .argParser(lineCount)
        .default(DEFAULT_LINES),
      new Option("-f, --follow", "go on with new lines as they come"),
    ],
    examples: [
      { command: "sudo novacula-agent nodes logs eth-1 cl -n 50", does: "of its consensus client" },
      { command: "sudo novacula-agent nodes logs -f btc-1", does: "follow it; Ctrl-C ends" },
    ],
    exitCodes: ANSWERS,
    action: async (name, role, options) =>
      end(await (await import("./nodes/node-logs.ts")).nodeLogs({ name, role }, options, terminal)),
  });
}

function check({ terminal, end }: CommandContext): Command {
  return createCommand({
    name: "check",
    summary: "would this host start a node, and with which arguments?",
    description:
      "Checks a node in a JSON file (chain, network, nodeType, clients; optionally overrides, limits, ports and name) as the agent would, and prints what its processes would be started with. Changes nothing, and needs no agent.",
    arguments: [new Argument("<file>", "the node as JSON")],
    exitCodes: [
      [0, "it could be started"],
      [1, "it could not; every reason is printed"],
    ],
    action: async (file) => end(await (await import("./nodes/check-spec.ts")).checkSpec(file, terminal)),
  });
}

function forget({ terminal, end }: CommandContext): Command {
  return createCommand({
    name: "forget",
    summary: "stop a node that the control plane does not list; its data stays",
    description:
      "Stops and disables a node that the control plane's list does not have, and has the agent forget it. Its data stays. Refused for a node that is listed. Needs root.",
    arguments: [nameArgument()],
    options: [configOption(), yesOption()],
    examples: [{ command: "sudo novacula-agent nodes forget btc-1", does: "asks before" }],
    exitCodes: ANSWERS,
    action: async (name, options) =>
      end(await (await import("./nodes/end-node.ts")).forgetNode(name, options, terminal)),
  });
}

function purge({ terminal, end }: CommandContext): Command {
  return createCommand({
    name: "purge",
    summary: "delete the data that a deleted node has left",
    description:
      "Deletes the data of a node that was deleted with its data kept, and frees its name. It cannot be undone. Needs root.",
    arguments: [nameArgument()],
    options: [configOption(), yesOption()],
    examples: [{ command: "sudo novacula-agent nodes purge btc-1", does: "asks before" }],
    exitCodes: ANSWERS,
    action: async (name, options) =>
      end(await (await import("./nodes/end-node.ts")).purgeNode(name, options, terminal)),
  });
}

function nameArgument(): Argument {
  return new Argument("<name>", "the name of the node").argParser((text) => {
    if (!NODE_NAME.test(text)) {
      throw new InvalidArgumentError(
        "It must be 1 to 26 lower-case letters and digits, with hyphens inside.",
      );
    }
    return text;
  });
}

function jsonOption(): Option {
  return new Option("--json", "print JSON");
}

function yesOption(): Option {
  return new Option("--yes", "do not ask");
}

function lineCount(text: string): number {
  const value = /^\d{1,4}$/u.test(text) ? Number(text) : 0;
  if (value < 1 || value > 1000) {
    throw new InvalidArgumentError("It must be a number from 1 to 1000.");
  }
  return value;
}
