import type { Command, Option } from "commander";
import { createCommands } from "../src/agent/cli/commands.ts";
import { createProgram } from "../src/control-plane/cli/command-line.ts";

export interface OptionEntry {
  /** `-c, --config <file>` */
  readonly flags: string;
  /** `-c` and `--config`: what a shell completes. */
  readonly names: readonly string[];
  readonly description: string;
  readonly value: "none" | "file" | "folder" | "text";
}

/** A command as manual page and completions need it. */
export interface CommandEntry {
  /** Without the program: `["keys", "create"]`; empty for the program itself. */
  readonly path: readonly string[];
  /** `novacula-agent check [options]` */
  readonly usage: string;
  readonly summary: string;
  readonly description: string;
  readonly options: readonly OptionEntry[];
  readonly commands: readonly CommandEntry[];
  /** What `--help` says below the options: examples, mostly. */
  readonly notes: string;
}

/** Both programs, read from the very commands that they parse their arguments with. */
export function readPrograms(): { readonly agent: CommandEntry; readonly controlPlane: CommandEntry } {
  const { stdin, stdout, stderr } = process;
  const terminal = { stdin, stdout, stderr, environment: {} };
  return {
    agent: readCommand(createCommands({ terminal, end() {} }), []),
    controlPlane: readCommand(createProgram({ terminal, end() {} }), []),
  };
}

export function readCommand(command: Command, path: readonly string[]): CommandEntry {
  const help = command.createHelp();
  help.helpWidth = 200;
  return {
    path,
    usage: help.commandUsage(command),
    summary: command.summary() || firstSentence(command.description()),
    description: command.description().replaceAll("\n", " "),
    options: help.visibleOptions(command).map(readOption),
    commands: help
      .visibleCommands(command)
      .filter((each) => each.name() !== "help")
      .map((each) => readCommand(each, [...path, each.name()])),
    notes: helpNotes(command),
  };
}

function readOption(option: Option): OptionEntry {
  return {
    flags: option.flags,
    names: [option.short, option.long].filter((name) => name !== undefined),
    description: option.description,
    value: valueKind(option.flags),
  };
}

function valueKind(flags: string): OptionEntry["value"] {
  const placeholder = /[<[]([^>\]]+)[>\]]/u.exec(flags)?.[1];
  if (placeholder === undefined) {
    return "none";
  }
  if (/file|path|socket/iu.test(placeholder)) {
    return "file";
  }
  return /folder|directory/iu.test(placeholder) ? "folder" : "text";
}

/** Commander has no reading of `addHelpText`: what `--help` prints beyond the formatted part is it. */
function helpNotes(command: Command): string {
  let printed = "";
  const { writeOut } = command.configureOutput();
  command.configureOutput({
    writeOut: (text) => {
      printed += text;
    },
  });
  command.outputHelp();
  command.configureOutput({ ...(writeOut !== undefined && { writeOut }) });
  return printed.slice(printed.indexOf(command.helpInformation()) + command.helpInformation().length).trim();
}

function firstSentence(text: string): string {
  return text.split(/(?<=\.)\s/u)[0] ?? text;
}
