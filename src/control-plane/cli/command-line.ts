import { Command, CommanderError } from "commander";
import { errorChain, OperatorError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { VERSION } from "../../lib/version.ts";
import { isOutOfDescriptors, MORE_DESCRIPTORS } from "../http/connection-limit.ts";
import { addAuditCommands } from "./audit-commands.ts";
import { addBackupCommand } from "./backup-command.ts";
import { addExecutorCommands } from "./executor-commands.ts";
import { ExitCode, exitCodeOf } from "./exit-code.ts";
import { addKeyCommands } from "./key-commands.ts";
import { addOrganizationCommands } from "./organization-commands.ts";
import { addPeopleCommands } from "./people-commands.ts";
import { addServeCommand } from "./serve-command.ts";
import type { Terminal } from "./terminal.ts";

const MAX_LINE = 2000;

/** Runs one command; the exit code. Every error ends here, as one message on stderr: a stack only for a bug of ours. */
export async function runCommandLine(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    await createProgram(terminal).parseAsync(argv, { from: "user" });
    return ExitCode.ok;
  } catch (thrown) {
    const error = isOutOfDescriptors(thrown)
      ? new OperatorError(`${errorChain(thrown)}; ${MORE_DESCRIPTORS}`)
      : thrown;
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
    }
    const message =
      error instanceof OperatorError
        ? errorChain(error)
        : `a bug of novacula-control-plane, please report it: ${error instanceof Error ? error.stack : error}`;
    terminal.stderr.write(`novacula-control-plane: ${indented(message)}\n`);
    return exitCodeOf(error);
  }
}

/** Exported for the manual page and the completions, which are made from it. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command("novacula-control-plane")
    .description("A small control plane for novacula executors: issues, checks and revokes their API keys.")
    .version(VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
    })
    .showHelpAfterError("(--help shows what is possible)")
    .addHelpText(
      "after",
      `
Examples:
  $ novacula-control-plane serve
  $ novacula-control-plane org create "Acme Inc" --slug acme
  $ novacula-control-plane keys create --name prod
  $ novacula-control-plane executors list

All commands but serve and backup talk to a running serve on the same host, over its management socket: --socket, else
MANAGEMENT_SOCKET, else management.sock beside the database.
Exit codes: 0 done, 1 failed, 64 usage, 70 a bug, 78 configuration.`,
    );
  addServeCommand(program, terminal);
  addOrganizationCommands(program, terminal);
  addKeyCommands(program, terminal);
  addExecutorCommands(program, terminal);
  addAuditCommands(program, terminal);
  addPeopleCommands(program, terminal);
  addBackupCommand(program, terminal);
  return program;
}

/**
 * In the journal a line that begins with `<0>` is an emergency, and an outsider's text may be in
 * here.
 */
function indented(message: string): string {
  return message
    .split("\n")
    .map((line) => printable(line, MAX_LINE))
    .join("\n    ");
}
