import { ExitCode } from "../../lib/command-line/exit-codes.ts";
import { runProgram } from "../../lib/command-line/run-program.ts";
import { complain, type Terminal } from "../../lib/command-line/terminal.ts";
import { scrub } from "../journal/journal.ts";
import { reportBug } from "./bug-report.ts";
import { createCommands } from "./commands.ts";
import { holdsKeyArgument, KEY_IN_ARGUMENT } from "./key/key-in-argument.ts";

/**
 * Runs one command; resolves with its exit code, which is that of systemctl for `start`, `stop` and
 * `restart`.
 */
export async function runAgentProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  // Before anything else looks at the arguments: a usage error would print one that it does not
  // know.
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
