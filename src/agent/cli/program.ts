import { type Command, CommanderError } from "commander";
import { ExitCode } from "../../lib/command-line/exit-codes.ts";
import { complain, type Terminal } from "../../lib/command-line/terminal.ts";
import { scrub } from "../journal/journal.ts";
import { createCommands } from "./commands.ts";
import { holdsKey, KEY_IN_ARGUMENT } from "./key/key-in-argument.ts";

/** Parses the arguments, runs the one command that they name, and resolves with the exit code: one of `ExitCode`, or systemctl's own. */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  // Before anything else looks at them: a usage error would print the argument that it does not know.
  if (args.some(holdsKey)) {
    complain(terminal, KEY_IN_ARGUMENT);
    return ExitCode.usage;
  }
  let code: number = ExitCode.good;
  const program = strict(
    createCommands({
      terminal,
      end(result) {
        code = result;
      },
    }),
    terminal,
  );
  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) {
      throw error;
    }
    return error.exitCode === 0 ? ExitCode.good : ExitCode.usage;
  }
  return code;
}

/** Every usage error ends here as an exception and not as the end of the process, with the way to the help behind it. */
function strict(program: Command, terminal: Terminal): Command {
  for (const command of [program, ...program.commands]) {
    const name = command === program ? command.name() : `${program.name()} ${command.name()}`;
    command
      .exitOverride()
      .showHelpAfterError(`See: ${name} --help`)
      .configureOutput({
        writeOut: (text) => terminal.stdout.write(text),
        writeErr: (text) => terminal.stderr.write(scrub(text)),
        getOutHasColors: () => false,
        getErrHasColors: () => false,
      });
  }
  return program;
}
