#!/usr/bin/env node
import { ExitCode } from "./cli/exit-codes.ts";
import { runProgram } from "./cli/program.ts";
import { scrub } from "./journal/journal.ts";
import { errorChain, OperatorError } from "./lib/errors.ts";

// A reader that went away (`| head`) is no reason to fall over.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});

// Not a top-level await: the single binary is a CommonJS bundle.
void main();

async function main(): Promise<void> {
  try {
    process.exitCode = await runProgram(process.argv.slice(2), {
      stdin: process.stdin,
      stdout: process.stdout,
      stderr: process.stderr,
      environment: process.env,
    });
  } catch (error) {
    process.exitCode = report(error);
  }
}

function report(error: unknown): ExitCode {
  if (error instanceof OperatorError) {
    process.stderr.write(`novacula-agent: ${scrub(errorChain(error))}\n`);
    return ExitCode.bad;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(
    `novacula-agent: this is a bug; please report it with these lines.\n${scrub(stack)}\n`,
  );
  return ExitCode.bug;
}
