import { Command, CommanderError } from "commander";
import { VERSION } from "../lib/version.ts";
import { ExitCode } from "./exit-codes.ts";
import { run } from "./run.ts";
import type { Terminal } from "./terminal.ts";

/** Parses the arguments, runs the one command that they name, and resolves with the exit code. */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let code: ExitCode = ExitCode.good;
  const program = createProgram(terminal, (result) => {
    code = result;
  });
  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? ExitCode.good : ExitCode.usage;
  }
  return code;
}

function createProgram(terminal: Terminal, end: (code: ExitCode) => void): Command {
  const program = new Command("novacula-agent")
    .description("The executor agent of Novacula: keeps this host online with its control plane.")
    .version(VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
    });
  program
    .command("run")
    .description("run the agent in the foreground; this is what the service does")
    .option("-c, --config <file>", "configuration file")
    .action(async (options) => end(await run(options, terminal)));
  return program;
}
