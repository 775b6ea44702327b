import { type Argument, Command, type Option } from "commander";
import type { Terminal } from "./terminal.ts";

/** What a command needs from its surroundings: the terminal, and a way to set its exit code. */
export interface CommandContext {
  readonly terminal: Terminal;
  /** Sets the exit code: an `ExitCode`, or the code of systemctl. Without a call it is 0. */
  readonly end: (code: number) => void;
}

export interface Example {
  readonly command: string;
  /** What the command does: a fragment in lower case. */
  readonly does: string;
}

/** One command as data. Help, completions and the manual page are all made from it. */
interface CommandDefinition {
  readonly name: string;
  readonly alias?: string;
  /** The heading under which the help of the program lists it. */
  readonly group?: string;
  /** A fragment in lower case, without a period. */
  readonly summary: string;
  /** One or more whole sentences. */
  readonly description: string;
  readonly arguments?: readonly Argument[];
  readonly options?: readonly Option[];
  readonly examples?: readonly Example[];
  /** Paragraphs below the options, in lines of at most 100 columns. */
  readonly notes?: string;
  readonly exitCodes?: readonly ExitCodeNote[];
  /** The last line of the help. */
  readonly footer?: string;
  readonly commands?: readonly Command[];
  /** Commands that no help lists. */
  readonly hiddenCommands?: readonly Command[];
  readonly action?: Parameters<Command["action"]>[0];
}

/** One exit code, or several that mean the same, and the meaning. */
export type ExitCodeNote = readonly [code: number | string, what: string];

const MAX_SIDE_BY_SIDE = 60;
const definitions = new WeakMap<Command, CommandDefinition>();

export function createCommand(definition: CommandDefinition): Command {
  const command = new Command(definition.name)
    .summary(definition.summary)
    .description(definition.description)
    .helpOption("-h, --help", "print this help")
    // The word `help` is handled in arguments.ts, at every level.
    .helpCommand(false);
  definitions.set(command, definition);
  if (definition.alias !== undefined) {
    command.alias(definition.alias);
  }
  if (definition.group !== undefined) {
    command.helpGroup(definition.group);
  }
  for (const argument of definition.arguments ?? []) {
    command.addArgument(argument);
  }
  for (const option of definition.options ?? []) {
    command.addOption(option);
  }
  // `nodes show btc-1 --json`: an option of both commands belongs to the one it follows.
  command.enablePositionalOptions();
  for (const below of definition.commands ?? []) {
    command.addCommand(below);
  }
  for (const below of definition.hiddenCommands ?? []) {
    command.addCommand(below, { hidden: true });
  }
  if (definition.action !== undefined) {
    command.action(definition.action);
  }
  return command.addHelpText("after", helpNotes(definition));
}

/** The definition that `command` was made from. */
export function definitionOf(command: Command): CommandDefinition | undefined {
  return definitions.get(command);
}

/** What `--help` prints below the options. */
export function helpNotes({ notes, examples, exitCodes, footer }: CommandDefinition): string {
  const parts = [
    ...(notes === undefined ? [] : [notes]),
    ...(examples === undefined ? [] : [`Examples:\n${exampleLines(examples)}`]),
    ...(exitCodes === undefined ? [] : [`Exit codes:\n${exitCodeLines(exitCodes)}`]),
    ...(footer === undefined ? [] : [footer]),
  ];
  return parts.map((part) => `\n${part}`).join("\n");
}

function exampleLines(examples: readonly Example[]): string {
  const width = Math.max(...examples.map(({ command }) => command.length));
  const isWide = width > MAX_SIDE_BY_SIDE;
  return examples
    .map(({ command, does }) =>
      isWide ? `  # ${does}\n  ${command}` : `  ${command.padEnd(width)}  # ${does}`,
    )
    .join("\n");
}

function exitCodeLines(codes: readonly ExitCodeNote[]): string {
  const width = Math.max(...codes.map(([code]) => String(code).length));
  return codes.map(([code, what]) => `  ${String(code).padEnd(width)}  ${what}`).join("\n");
}
