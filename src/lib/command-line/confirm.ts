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

/**
 * Asks for `word` on the terminal and returns it once it was typed. Otherwise throws a
 * CommandError: `cancelled`, or `usage` if there is no terminal, which names the option that has
 * the same effect.
 */
export async function askForWord(
  request: { readonly warning: string; readonly word: string; readonly option: string },
  { stdin, stderr }: Terminal,
): Promise<string> {
  const { warning, word, option } = request;
  if (stdin.isTTY !== true) {
    throw new CommandError(
      "usage",
      `${warning} There is no terminal to ask on: confirm with ${option} ${word}`,
    );
  }
  stderr.write(`${warning}\nTo confirm, type ${word}: `);
  if ((await firstLine(stdin)).trim() !== word) {
    throw new CommandError("cancelled", "cancelled. Nothing was changed");
  }
  return word;
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
