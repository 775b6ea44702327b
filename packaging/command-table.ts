import { createCommands } from "../src/agent/cli/commands.ts";
import { createProgram } from "../src/control-plane/cli/command-line.ts";
import { type CommandEntry, readCommand } from "../src/lib/command-line/command-table.ts";

/** Both programs, read from the very commands that they parse their arguments with. */
export function readPrograms(): { readonly agent: CommandEntry; readonly controlPlane: CommandEntry } {
  const { stdin, stdout, stderr } = process;
  const context = { terminal: { stdin, stdout, stderr, environment: {} }, end() {} };
  return { agent: readCommand(createCommands(context)), controlPlane: readCommand(createProgram(context)) };
}
