import type { Command } from "commander";

export interface Example {
  readonly command: string;
  /** What it does, as a clause in lower case. */
  readonly does: string;
}

const examples = new WeakMap<Command, readonly Example[]>();

/** Adds examples to a command: to its help, and as data for the manual page. */
export function withExamples(command: Command, given: readonly Example[]): Command {
  examples.set(command, given);
  const width = Math.max(...given.map((example) => example.command.length));
  const isWide = width > 60;
  const lines = given.map(({ command: line, does }) =>
    isWide ? `  # ${does}\n  ${line}` : `  ${line.padEnd(width)}  # ${does}`,
  );
  return command.addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
}

export function examplesOf(command: Command): readonly Example[] {
  return examples.get(command) ?? [];
}
