#!/usr/bin/env node
import { existsSync } from "node:fs";
import { ExitCode } from "../lib/command-line/exit-codes.ts";
import type { Terminal } from "../lib/command-line/terminal.ts";
import { errorChain, OperatorError } from "../lib/errors.ts";
import { reportBug } from "./cli/bug-report.ts";
import { runProgram } from "./cli/program.ts";
import { scrub } from "./journal/journal.ts";

const SHELL = "/bin/sh";
/** What is still to be done when a command is over has that long, ms. */
const LEAVE_MS = 100;
/** Who has not read by then what was said does not read, ms. */
const READER_PATIENCE_MS = 1000;

// Before its first use. Node's 4 threads look up names and files alike; the files that hang must
// leave some over.
process.env["UV_THREADPOOL_SIZE"] ??= "8";

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
  leave(reportBug(error, terminal));
});

// Not a top-level await: the single binary is a CommonJS bundle.
void main();

async function main(): Promise<void> {
  try {
    process.exitCode = await runProgram(process.argv.slice(2), terminal);
  } catch (error) {
    process.exitCode = report(error);
  }
  // Fires only where something keeps the process from ending by itself.
  const until = performance.now() + READER_PATIENCE_MS;
  setInterval(() => {
    const isRead = process.stdout.writableLength + process.stderr.writableLength === 0;
    if (isRead || performance.now() >= until) {
      leave(Number(process.exitCode));
    }
  }, LEAVE_MS).unref();
}

/**
 * Ends the process also while a thread waits for a file that does not answer: exit(3) would join
 * that thread, and Node with it. execve(2) ends all threads.
 */
function leave(code: number): void {
  process.emit("exit", code);
  if (existsSync(SHELL)) {
    process.execve?.(SHELL, ["sh", "-c", `exit ${code}`], {});
  }
  process.kill(process.pid, "SIGKILL");
}

function report(error: unknown): ExitCode {
  if (!(error instanceof OperatorError)) {
    return reportBug(error, terminal);
  }
  process.stderr.write(`novacula-agent: ${scrub(errorChain(error))}\n`);
  return ExitCode.bad;
}
