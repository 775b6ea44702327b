import { wantsJson } from "../../lib/command-line/arguments.ts";
import { runProgram } from "../../lib/command-line/run-program.ts";
import type { Terminal } from "../../lib/command-line/terminal.ts";
import { scrub } from "../journal/scrub.ts";
import { reportBug } from "./bug-report.ts";
import { createCommands } from "./commands.ts";
import { holdsKeyArgument, keyInArgument } from "./key/key-in-argument.ts";

/**
 * Runs one command and resolves with its exit code. For `start`, `stop` and `restart`, that is the
 * exit code of systemctl.
 */
export async function runAgentProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  return await runProgram(args, terminal, {
    name: "novacula-agent",
    create: createCommands,
    objection: () => (args.some(holdsKeyArgument) ? keyInArgument() : undefined),
    scrub,
    reportBug: (error) => reportBug(error, wantsJson(args), terminal),
  });
}
