#!/usr/bin/env node
import { hostname } from "node:os";
import { leave } from "../lib/command-line/shutdown.ts";
import { errorCode } from "../lib/errors.ts";
import { isInPod } from "../lib/log/in-pod.ts";
import { adviseFor, adviseInPod } from "../lib/shell-word.ts";
import { leaveForChildren } from "../lib/systemd/child-environment.ts";
import { nameProcess } from "../lib/systemd/process-name.ts";
import { runCommandLine } from "./cli/command-line.ts";

// `… | head` closes the pipe. That is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error) => {
    if (errorCode(error) !== "EPIPE") {
      throw error;
    }
  });
}

/**
 * How long a stopped service waits for the reader of its log. The reader of a list gets all the
 * time it needs.
 */
const LOG_LIMIT_MS = 1000;

const { argv, stdin, stdout, stderr } = process;
// A copy: systemd-notify and a pager must not inherit secrets.
const environment = { ...process.env };
leaveForChildren(process.env);
nameProcess("novacula-control-plane");
adviseFor(environment);
adviseInPod(isInPod(environment) ? hostname() : undefined);
// Not a top-level await: the single binary is a CommonJS bundle.
void runCommandLine(argv.slice(2), { environment, stdin, stdout, stderr }).then((exitCode) => {
  process.exitCode = exitCode;
  // Fires only if something keeps the process from ending by itself.
  if (argv[2] === "serve") {
    setTimeout(() => leave(exitCode), LOG_LIMIT_MS).unref();
  }
});
