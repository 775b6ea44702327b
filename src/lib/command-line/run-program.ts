import { type Command, CommanderError } from "commander";
import { errorChain, OperatorError } from "../errors.ts";
import { errorForJournal, isJournal } from "../log/line-format.ts";
import { printable } from "../printable.ts";
import { orderedArguments, wantsJson } from "./arguments.ts";
import type { CommandContext } from "./command.ts";
import { CommandError } from "./command-error.ts";
import { ExitCode } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";

const MAX_LINE = 2000;
const HELP = " --help";

interface ProgramDefinition {
  readonly name: string;
  readonly create: (context: CommandContext) => Command;
  /** Why nothing may be done with these arguments. Asked before they are parsed or printed. */
  readonly objection?: (args: readonly string[]) => CommandError | undefined;
  /** Removes what must not be shown. */
  readonly scrub: (text: string) => string;
  /** Turns the errors that this program knows into CommandErrors. Other errors stay as they are. */
  readonly explain?: (error: unknown) => unknown;
  /** Reports an error that is not an OperatorError. Without it, the stack is printed on stderr. */
  readonly reportBug?: (error: unknown) => ExitCode;
}

/**
 * Runs the command that the arguments name, and resolves with the exit code. Every error ends here,
 * as one message on stderr: text, or JSON if the arguments have `--json`.
 */
export async function runProgram(
  args: readonly string[],
  terminal: Terminal,
  definition: ProgramDefinition,
): Promise<number> {
  let code: number = ExitCode.good;
  const program = definition.create({
    terminal,
    end(result) {
      code = result;
    },
  });
  let failed = program;
  const isJson = wantsJson(args);
  strict(program, terminal, {
    isJson,
    onFailure(command) {
      failed = command;
    },
  });
  try {
    const objection = definition.objection?.(args);
    if (objection !== undefined) {
      throw objection;
    }
    await program.parseAsync([...orderedArguments(program, args)], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) {
      return ExitCode.good;
    }
    if (error instanceof CommanderError && error.code === "commander.help" && !isJson) {
      // No command was given: commander has printed the help on stderr.
      return ExitCode.usage;
    }
    const known = error instanceof CommanderError ? usageError(error, failed) : definition.explain?.(error);
    return report(known ?? error, terminal, isJson, definition);
  }
}

/** Makes every usage error an exception, and tells `onFailure` which command it belongs to. */
function strict(
  command: Command,
  terminal: Terminal,
  how: { readonly isJson: boolean; readonly onFailure: (command: Command) => void },
): void {
  command
    .exitOverride((error) => {
      how.onFailure(command);
      throw error;
    })
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => how.isJson || terminal.stderr.write(text),
      outputError: () => {},
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  for (const below of command.commands) {
    strict(below, terminal, how);
  }
}

function usageError(error: CommanderError, command: Command): CommandError {
  const names: string[] = [];
  for (let each: Command | null = command; each !== null; each = each.parent) {
    names.unshift(each.name());
  }
  const message =
    error.code === "commander.help"
      ? "no command was given"
      : instructive(error.message.replace(/^error: /, ""));
  return new CommandError("usage", message, { fix: `${names.join(" ")}${HELP}` });
}

/** One candidate is an instruction. Several stay a question, which only the person can answer. */
function instructive(message: string): string {
  return message.replace(/\n\(Did you mean (?!one of )([^?]+)\?\)$/u, "\nWrite $1 instead.");
}

function report(
  error: unknown,
  terminal: Terminal,
  isJson: boolean,
  { name, scrub, reportBug }: ProgramDefinition,
): ExitCode {
  if (!(error instanceof OperatorError) && reportBug !== undefined) {
    return reportBug(error);
  }
  const known = described(error, name);
  const { fix, exitCode } = known;
  const message = errorChain(known);
  const label = fix?.endsWith(HELP) === true ? "See" : "Fix";
  const text = isJson
    ? JSON.stringify(known.output(), undefined, 2)
    : `${name}: ${indented(fix === undefined ? message : `${message}\n${label}: ${fix}`)}`;
  const isLine = !isJson && isJournal(terminal.environment, 2);
  terminal.stderr.write(`${isLine ? errorForJournal(scrub(text)) : scrub(text)}\n`);
  return exitCode;
}

function described(error: unknown, name: string): CommandError {
  if (error instanceof CommandError) {
    return error;
  }
  if (error instanceof OperatorError) {
    return new CommandError("failed", error.message, { cause: error.cause });
  }
  const stack = error instanceof Error ? error.stack : String(error);
  return new CommandError("bug", `a bug of ${name}; please report it with these lines: ${stack}`);
}

/**
 * In the journal, a line that begins with `<0>` is an emergency. The message may contain text from
 * an outsider, so its further lines are indented.
 */
function indented(message: string): string {
  return message
    .split("\n")
    .map((line) => printable(line, MAX_LINE))
    .join("\n    ");
}
