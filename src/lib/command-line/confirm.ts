import { createInterface } from "node:readline";
import { CommandError } from "./command-error.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Asks on the terminal and returns after a yes. Otherwise throws a CommandError: `cancelled`, or
 * `usage` if there is no terminal, so that the author of a script learns about `--yes`.
 */
export async function confirm(
  { warning, question }: { readonly warning: string; readonly question: string },
  { stdin, stderr }: Terminal,
): Promise<void> {
  if (stdin.isTTY !== true) {
    throw new CommandError("usage", `${warning} There is no terminal to ask on: confirm with --yes`);
  }
  stderr.write(`${warning}\n${question} [y/N] `);
  if (!/^y(?:es)?$/i.test((await firstLine(stdin)).trim())) {
    throw new CommandError("cancelled", "cancelled. Nothing was changed");
  }
}

async function firstLine(stdin: Terminal["stdin"]): Promise<string> {
  const lines = createInterface({ input: stdin });
  try {
    for await (const line of lines) {
      return line;
    }
    return "";
  } finally {
    lines.close();
  }
}
