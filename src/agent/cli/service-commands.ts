import { Command } from "commander";
import type { CommandContext } from "./command-context.ts";
import { withExamples } from "./examples.ts";

/** The commands that manage the service, in the order of the help. */
export const SERVICE_COMMANDS: readonly ((context: CommandContext) => Command)[] = [
  install,
  uninstall,
  (context) => control("start", context),
  (context) => control("stop", context),
  (context) => control("restart", context),
];

function install({ terminal, end }: CommandContext): Command {
  const command = new Command("install")
    .summary("make this host run the agent as a service, without the package")
    .description(
      "Copies this program, creates the user novacula, agent.toml and the systemd unit, and starts the service. Prints each step, and leaves alone what is done already: run it again to upgrade. Needs root, and the single binary.",
    )
    .option(
      "-b, --binary <file>",
      "where the program goes: a whole path, in a folder that only root may write",
      "/usr/local/bin/novacula-agent",
    )
    .option("--dry-run", "print what would be done, and do nothing")
    .option("--force", "replace a unit that has been edited")
    .action(async (options) => end(await (await import("./service/install.ts")).install(options, terminal)));
  return withExamples(command, [
    { command: "./novacula-agent install --dry-run", does: "what would it do?" },
    { command: "sudo ./novacula-agent install", does: "do it; again with a newer binary: upgrade" },
  ]);
}

function uninstall({ terminal, end }: CommandContext): Command {
  const command = new Command("uninstall")
    .summary("take back what install made; configuration, key and state stay")
    .description(
      "Stops the service, and removes the unit and the program where they are still what install wrote (it keeps a record of path and SHA-256). A program that was changed since is left, with the command that removes it by hand; an edited unit is refused without --force. Configuration, key, state and the user novacula stay.",
    )
    .option("--dry-run", "print what would be done, and do nothing")
    .option("--force", "go on although the unit was edited, and leave that file")
    .action(async (options) =>
      end(await (await import("./service/uninstall.ts")).uninstall(options, terminal)),
    );
  return withExamples(command, [
    { command: "sudo novacula-agent uninstall", does: "revoke the key if the host is gone for good" },
  ]);
}

function control(verb: "start" | "stop" | "restart", { terminal, end }: CommandContext): Command {
  const command = new Command(verb)
    .summary(`${verb} the service (systemctl ${verb})`)
    .description(
      `Runs systemctl ${verb} novacula-agent.service, and ends with its exit status. A changed key or configuration needs no restart.`,
    )
    .action(async () =>
      end(await (await import("./service/control-service.ts")).controlService(verb, terminal)),
    );
  return withExamples(command, [
    { command: `sudo novacula-agent ${verb}`, does: "the nodes are not touched" },
  ]);
}
