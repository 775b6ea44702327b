import type { OutputStream } from "../log/bounded-output.ts";
import { withoutSecrets } from "../log/secret-guard.ts";

/** The parts of the process that a command may use. main.ts passes the real streams. */
export interface Terminal {
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly environment: NodeJS.ProcessEnv;
}

/** An input such as `process.stdin`. */
export interface Input extends NodeJS.ReadableStream {
  /** True if a person can answer. */
  readonly isTTY?: boolean;
  setRawMode?(isRaw: boolean): unknown;
}

/** An output such as `process.stdout`. */
export interface Output extends OutputStream {
  readonly isTTY?: boolean;
  readonly fd?: number;
  /** In characters. */
  readonly columns?: number;
}

/** Writes a line to stdout, without secrets. */
export function print(terminal: Terminal, text: string): void {
  terminal.stdout.write(`${withoutSecrets(text)}\n`);
}

/** Writes a line to stderr, without secrets. */
export function complain(terminal: Terminal, text: string): void {
  terminal.stderr.write(`${withoutSecrets(text)}\n`);
}

const CODES = { bold: "1", dim: "2", red: "31", green: "32", yellow: "33" } as const;

export type Colour = keyof typeof CODES;

/** `text` in a colour; plain if stdout is not a terminal or NO_COLOR (no-color.org) is set. */
export function paint(terminal: Terminal, colour: Colour, text: string): string {
  const isPlain = terminal.stdout.isTTY !== true || (terminal.environment["NO_COLOR"] ?? "") !== "";
  return isPlain ? text : `\u001b[${CODES[colour]}m${text}\u001b[0m`;
}
