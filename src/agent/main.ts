#!/usr/bin/env node
import { hostname } from "node:os";
import { wantsJson } from "../lib/command-line/arguments.ts";
import { leave } from "../lib/command-line/shutdown.ts";
import type { Terminal } from "../lib/command-line/terminal.ts";
import { isInPod } from "../lib/log/in-pod.ts";
import { adviseFor, adviseInPod } from "../lib/shell-word.ts";
import { leaveForChildren } from "../lib/systemd/child-environment.ts";
import { nameProcess } from "../lib/systemd/process-name.ts";
import { reportBug } from "./cli/bug-report.ts";
import { runAgentProgram } from "./cli/program.ts";

/** How long open work may continue after the command has finished, ms. */
const LEAVE_MS = 100;
/** How long to wait until the output has been read, ms. */
const READER_PATIENCE_MS = 1000;

// Set before the first use of the thread pool. Node's 4 threads look up names and read files. If
// files hang, some threads must stay free.
process.env["UV_THREADPOOL_SIZE"] ??= "8";

const args = process.argv.slice(2);
// A copy: the agent itself reads the whole environment.
const environment = { ...process.env };
leaveForChildren(process.env);
nameProcess("novacula-agent");
adviseFor(environment);
adviseInPod(isInPod(environment) ? hostname() : undefined);
const terminal: Terminal = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  environment,
};

// `… | head` closes the pipe. That is not a failure.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});
process.on("uncaughtException", (error) => {
  leave(reportBug(error, wantsJson(args), terminal));
});

// Not a top-level await: the single binary is a CommonJS bundle.
void main();

async function main(): Promise<void> {
  try {
    process.exitCode = await runAgentProgram(args, terminal);
  } catch (error) {
    process.exitCode = reportBug(error, wantsJson(args), terminal);
  }
  // Fires only if something keeps the process from ending by itself.
  const until = performance.now() + READER_PATIENCE_MS;
  setInterval(() => {
    const isRead = process.stdout.writableLength + process.stderr.writableLength === 0;
    if (isRead || performance.now() >= until) {
      leave(Number(process.exitCode));
    }
  }, LEAVE_MS).unref();
}
