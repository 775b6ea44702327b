import type { Command } from "commander";
import { type CommandContext, createCommand } from "../../lib/command-line/command.ts";
import { completionCommand } from "../../lib/command-line/completion/completion-command.ts";
import { runProgram } from "../../lib/command-line/run-program.ts";
import type { Terminal } from "../../lib/command-line/terminal.ts";
import { versionText } from "../../lib/command-line/version-text.ts";
import { withoutSecrets } from "../../lib/log/secret-guard.ts";
import { auditCommands } from "./audit-commands.ts";
import { backupCommand } from "./backup/backup-command.ts";
import { completeCommand } from "./complete-command.ts";
import { executorCommands } from "./executor-commands.ts";
import { keyCommands } from "./key-commands.ts";
import { setupLinkCommand, signInLinkCommand } from "./link-commands.ts";
import { migrateCommand } from "./migrate/migrate-command.ts";
import { nodeCommands } from "./nodes/node-commands.ts";
import { organizationCommands } from "./organization-commands.ts";
import { peopleCommands } from "./people-commands.ts";
import { explainError } from "./serve/explain-error.ts";
import { serveCommand } from "./serve-command.ts";

const NAME = "novacula-control-plane";

/** Runs one command; resolves with its exit code. */
export function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  return runProgram(args, terminal, {
    name: NAME,
    create: createProgram,
    scrub: withoutSecrets,
    explain: explainError,
  });
}

/** Exported for the manual page and the completions, which are made from it. */
export function createProgram(context: CommandContext): Command {
  return createCommand({
    name: NAME,
    summary: "a small control plane for Novacula executors",
    description: "A small control plane for Novacula executors: issues, checks and revokes their keys.",
    commands: [
      serveCommand,
      backupCommand,
      migrateCommand,
      organizationCommands,
      keyCommands,
      executorCommands,
      nodeCommands,
      peopleCommands,
      setupLinkCommand,
      signInLinkCommand,
      auditCommands,
      (own: CommandContext) => completionCommand(NAME, "Shell:", own),
    ].map((define) => define(context)),
    hiddenCommands: [completeCommand(context)],
    notes: `All commands but serve, backup and migrate ask a running control plane, over its management socket.
Their options --socket, --org and --json may also come before the command.`,
    examples: [
      { command: "novacula-control-plane serve", does: "run it" },
      {
        command: 'sudo novacula-control-plane org create "Acme Inc" --slug acme',
        does: "then an organization",
      },
      { command: "sudo novacula-control-plane keys create --name prod", does: "and a key in it" },
      { command: "sudo novacula-control-plane executors list", does: "who is online, on which key?" },
    ],
    exitCodes: [
      [0, "done"],
      [1, "failed, refused by the control plane, or cancelled"],
      [2, "the control plane did not answer, or its socket may not be opened"],
      [3, "no control plane runs"],
      [4, "there is no such key, executor, node, organization or person"],
      [5, "several have this name: give an id, or --org"],
      [64, "wrong arguments, or a confirmation is missing"],
      [70, "a bug of the control plane"],
      [78, "the environment is not a valid configuration"],
    ],
    footer: `Documentation: /usr/share/doc/${NAME}, man ${NAME}, or docs/ in the source.`,
  }).version(versionText(NAME), "-V, --version", "print version, commit and platform");
}
