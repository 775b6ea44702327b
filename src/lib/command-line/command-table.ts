import type { Argument, Command, Option } from "commander";
import { definitionOf, type Example, type ExitCodeNote, helpNotes } from "./command.ts";

/** What a shell offers as the value of an option or argument. */
export type ValueKind =
  | { readonly kind: "none" | "file" | "folder" | "text" }
  /** One of these words. */
  | { readonly kind: "words"; readonly words: readonly string[] }
  /** What `PROGRAM __complete WHAT` prints, one word per line. */
  | { readonly kind: "asked"; readonly what: string };

export interface OptionEntry {
  /** `-c, --config <file>` */
  readonly flags: string;
  /** The names that a shell completes: `-c` and `--config`. */
  readonly names: readonly string[];
  readonly description: string;
  readonly value: ValueKind;
}

interface ArgumentEntry {
  /** `<key>` */
  readonly placeholder: string;
  readonly description: string;
  readonly value: ValueKind;
}

/** A command, with everything that the manual page and the completions need. */
export interface CommandEntry {
  /** The words after the program: `["keys", "create"]`; empty for the program itself. */
  readonly path: readonly string[];
  /** `novacula-agent check [options]` */
  readonly usage: string;
  readonly summary: string;
  readonly description: string;
  readonly arguments: readonly ArgumentEntry[];
  readonly options: readonly OptionEntry[];
  readonly commands: readonly CommandEntry[];
  /** The paragraphs that `--help` has below the options. */
  readonly notes: string;
  readonly examples: readonly Example[];
  /** Everything that `--help` has below the options. */
  readonly help: string;
  readonly exitCodes: readonly ExitCodeNote[];
}

/** The hidden command that completes what only the running program knows. */
export const COMPLETE = "__complete";

/** The placeholders that `__complete` has values for. */
const ASKED: Readonly<Record<string, string>> = {
  key: "keys",
  executor: "executors",
  node: "nodes",
  organization: "organizations",
};

/**
 * Describes a program, or one of its commands. Reads the same commander objects that parse its
 * arguments.
 */
export function readCommand(command: Command, path: readonly string[] = []): CommandEntry {
  return read(
    command,
    path,
    command.commands.some((each) => each.name() === COMPLETE),
  );
}

function read(command: Command, path: readonly string[], canAsk: boolean): CommandEntry {
  const help = command.createHelp();
  help.helpWidth = 200;
  const definition = definitionOf(command);
  return {
    path,
    usage: help.commandUsage(command),
    summary: command.summary(),
    description: command.description(),
    arguments: command.registeredArguments.map((argument) => readArgument(argument, canAsk)),
    options: help.visibleOptions(command).map((option) => readOption(option, canAsk)),
    commands: help.visibleCommands(command).map((each) => read(each, [...path, each.name()], canAsk)),
    notes: definition?.notes ?? "",
    examples: definition?.examples ?? [],
    help: definition === undefined ? "" : helpNotes(definition).trim(),
    exitCodes: definition?.exitCodes ?? [],
  };
}

function readArgument(argument: Argument, canAsk: boolean): ArgumentEntry {
  const name = argument.name();
  const placeholder = argument.required ? `<${name}>` : `[${name}]`;
  const value = valueKind(name, argument.argChoices, canAsk);
  return { placeholder, description: argument.description, value };
}

function readOption(option: Option, canAsk: boolean): OptionEntry {
  const placeholder = /[<[]([^>\]]+)[>\]]/u.exec(option.flags)?.[1];
  return {
    flags: option.flags,
    names: [option.short, option.long].filter((name) => name !== undefined),
    description: describedOption(option),
    value: placeholder === undefined ? { kind: "none" } : valueKind(placeholder, option.argChoices, canAsk),
  };
}

/** The description with the choices and the default, as `--help` prints them. */
function describedOption({ description, argChoices, defaultValue, defaultValueDescription }: Option): string {
  const facts = [
    ...(argChoices === undefined ? [] : [`one of: ${argChoices.join(", ")}`]),
    ...(defaultValue === undefined || typeof defaultValue === "boolean"
      ? []
      : [`default: ${defaultValueDescription ?? defaultValue}`]),
  ];
  return facts.length === 0 ? description : `${description} (${facts.join("; ")})`;
}

function valueKind(placeholder: string, choices: readonly string[] | undefined, canAsk: boolean): ValueKind {
  const what = canAsk ? ASKED[placeholder] : undefined;
  if (choices !== undefined) {
    return { kind: "words", words: choices };
  }
  if (what !== undefined) {
    return { kind: "asked", what };
  }
  if (/file|path|socket/iu.test(placeholder)) {
    return { kind: "file" };
  }
  return { kind: /folder|directory/iu.test(placeholder) ? "folder" : "text" };
}
