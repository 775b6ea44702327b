#!/usr/bin/env node
import { reportBug } from "./cli/bug-report.ts";
import { ExitCode } from "./cli/exit-codes.ts";
import { runProgram } from "./cli/program.ts";
import type { Terminal } from "./cli/terminal.ts";
import { scrub } from "./journal/journal.ts";
import { errorChain, OperatorError } from "./lib/errors.ts";

const terminal: Terminal = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
};

// A reader that went away (`| head`) is no reason to fall over.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});
process.on("uncaughtException", (error) => {
  process.exit(reportBug(error, terminal));
});

// Not a top-level await: the single binary is a CommonJS bundle.
void main();

async function main(): Promise<void> {
  try {
    process.exitCode = await runProgram(process.argv.slice(2), terminal);
  } catch (error) {
    process.exitCode = report(error);
  }
}

function report(error: unknown): ExitCode {
  if (!(error instanceof OperatorError)) return reportBug(error, terminal);
  process.stderr.write(`novacula-agent: ${scrub(errorChain(error))}\n`);
  return ExitCode.bad;
}
