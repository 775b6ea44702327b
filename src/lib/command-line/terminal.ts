import { withoutSecrets } from "../log/secret-guard.ts";

/** What a command has of the process that it runs in; main.ts gives the real one. */
export interface Terminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly environment: NodeJS.ProcessEnv;
}

export function print(terminal: Terminal, text: string): void {
  terminal.stdout.write(`${withoutSecrets(text)}\n`);
}

export function complain(terminal: Terminal, text: string): void {
  terminal.stderr.write(`${withoutSecrets(text)}\n`);
}

const CODES = { bold: "1", dim: "2", red: "31", green: "32", yellow: "33" } as const;

export type Colour = keyof typeof CODES;

/** `text` in a colour where stdout is a terminal and NO_COLOR (no-color.org) is unset or empty; plain elsewhere. */
export function paint(terminal: Terminal, colour: Colour, text: string): string {
  const isPlain = !terminal.stdout.isTTY || (terminal.environment["NO_COLOR"] ?? "") !== "";
  return isPlain ? text : `\u001b[${CODES[colour]}m${text}\u001b[0m`;
}
