import { ExitCode } from "../../lib/command-line/exit-codes.ts";
import { runProgram } from "../../lib/command-line/run-program.ts";
import { complain, type Terminal } from "../../lib/command-line/terminal.ts";
import { scrub } from "../journal/journal.ts";
import { reportBug } from "./bug-report.ts";
import { createCommands } from "./commands.ts";
import { holdsKeyArgument, KEY_IN_ARGUMENT } from "./key/key-in-argument.ts";

/**
 * Runs one command and resolves with its exit code. For `start`, `stop` and `restart`, that is the
 * exit code of systemctl.
 */
export async function runAgentProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  // Checked first, because a usage error prints unknown arguments.
  if (args.some(holdsKeyArgument)) {
    complain(terminal, KEY_IN_ARGUMENT);
    return ExitCode.usage;
  }
  return await runProgram(args, terminal, {
    name: "novacula-agent",
    create: createCommands,
    scrub,
    reportBug: (error) => reportBug(error, terminal),
  });
}
