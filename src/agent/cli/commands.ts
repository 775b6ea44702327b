import { type Command, Option } from "commander";
import { type CommandContext, createCommand } from "../../lib/command-line/command.ts";
import { completionCommand } from "../../lib/command-line/completion/completion-command.ts";
import { versionText } from "../../lib/command-line/version-text.ts";
import { AGENT_COMMANDS } from "./agent-commands.ts";
import { KEY_COMMANDS } from "./key-commands.ts";
import { nodes } from "./node-commands.ts";
import { portNumber } from "./option-values.ts";
import { SERVICE_COMMANDS } from "./service-commands.ts";

const NAME = "novacula-agent";

/**
 * The command table as data: help, completions and the manual page are generated from it. The work
 * of a command is in its own file, which is loaded only when the command runs.
 */
export function createCommands(context: CommandContext): Command {
  const defined = [...AGENT_COMMANDS, nodes, ...KEY_COMMANDS, ...SERVICE_COMMANDS, dev, completion];
  return createCommand({
    name: NAME,
    summary: "the executor agent of Novacula",
    description:
      "The executor agent of Novacula: keeps this host online with its control plane, and applies a new key as soon as its file changes.",
    commands: defined.map((define) => define(context)),
    examples: [
      { command: "novacula-agent status", does: "what the running agent sees" },
      { command: "sudo novacula-agent set-key", does: "give it a new key, safely" },
      { command: "sudo novacula-agent check --online", does: "try configuration and key without starting" },
    ],
    exitCodes: [
      [0, "good; from status: online"],
      [1, "bad: a definite verdict, or the command failed"],
      [2, "unknown: the control plane or the agent did not answer"],
      [3, "no agent runs"],
      [64, "wrong arguments"],
      [70, "a bug of the agent"],
      [78, "only from run in the foreground: the configuration or the key is not valid"],
    ],
    footer: `Documentation: /usr/share/doc/${NAME}, man ${NAME}, or docs/ in the source.`,
  }).version(versionText(NAME), "-V, --version", "print version, commit and platform");
}

function completion(context: CommandContext): Command {
  return completionCommand(NAME, "Shell:", context);
}

function dev({ terminal, end }: CommandContext): Command {
  return createCommand({
    name: "dev",
    group: "Trying it:",
    summary: "try it all on this machine: an agent and its own control plane",
    description:
      "Starts a control plane with its page and an agent on this machine, creates a key, prints a link that signs in to the page once, and says what to try next. Needs no root. Everything it makes is in one folder, which the next run uses again. Ctrl-C ends both programs.",
    options: [
      new Option("--directory <folder>", "the folder for database, keys and agent.toml").default(
        ".novacula-dev",
      ),
      new Option("--port <port>", "port of the control plane (default: 3000, or a free one)").argParser(
        portNumber,
      ),
    ],
    examples: [
      { command: "novacula-agent dev", does: "in .novacula-dev" },
      { command: "novacula-agent dev --port 8080", does: "with the control plane on port 8080" },
    ],
    action: async (options) => end(await (await import("./dev/dev.ts")).dev(options, terminal)),
  });
}
