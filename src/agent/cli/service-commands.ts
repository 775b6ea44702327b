import { type Command, Option } from "commander";
import { type CommandContext, createCommand } from "../../lib/command-line/command.ts";

const GROUP = "The service:";

/** The commands that manage the service. */
export const SERVICE_COMMANDS: readonly ((context: CommandContext) => Command)[] = [
  install,
  uninstall,
  (context) => control("start", context),
  (context) => control("stop", context),
  (context) => control("restart", context),
];

function install({ terminal, end }: CommandContext): Command {
  return createCommand({
    name: "install",
    group: GROUP,
    summary: "make this host run the agent as a service, without the package",
    description:
      "Copies this program, creates the user novacula, agent.toml, the systemd unit and what nodes need, and starts the service. Prints each step, and leaves alone what is already done: run it again to upgrade. Needs root, and the single binary.",
    options: [
      new Option(
        "-b, --binary <file>",
        "where the program goes: an absolute path, in a folder that only root may write",
      ).default("/usr/local/bin/novacula-agent"),
      new Option("--dry-run", "print what would be done, and do nothing"),
      new Option("--force", "replace a unit that has been edited"),
    ],
    examples: [
      { command: "./novacula-agent install --dry-run", does: "what would it do?" },
      { command: "sudo ./novacula-agent install", does: "do it; with a newer binary, upgrade" },
    ],
    action: async (options) => end(await (await import("./service/install.ts")).install(options, terminal)),
  });
}

function uninstall({ terminal, end }: CommandContext): Command {
  return createCommand({
    name: "uninstall",
    group: GROUP,
    summary: "undo install; configuration, key and state stay",
    description:
      "Stops the service, and removes the unit and the program if they are still what install wrote (it keeps a record of path and SHA-256). A program that was changed since stays, and the command to remove it by hand is printed. An edited unit is refused without --force, and everything while nodes run or are to run at boot. Configuration, key, state, data of nodes and the user novacula stay.",
    options: [
      new Option("--dry-run", "print what would be done, and do nothing"),
      new Option("--force", "go on although the unit was edited, and leave that file"),
    ],
    examples: [
      { command: "sudo novacula-agent uninstall", does: "revoke the key if the host is gone for good" },
    ],
    action: async (options) =>
      end(await (await import("./service/uninstall.ts")).uninstall(options, terminal)),
  });
}

function control(verb: "start" | "stop" | "restart", { terminal, end }: CommandContext): Command {
  return createCommand({
    name: verb,
    group: GROUP,
    summary: `${verb} the service (systemctl ${verb})`,
    description: `Runs systemctl ${verb} novacula-agent.service. A changed key or configuration needs no restart.`,
    examples: [{ command: `sudo novacula-agent ${verb}`, does: "the nodes keep running" }],
    exitCodes: [["any", "the exit code of systemctl"]],
    action: async () =>
      end(await (await import("./service/control-service.ts")).controlService(verb, terminal)),
  });
}
