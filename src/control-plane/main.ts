#!/usr/bin/env node
import { errorCode } from "../lib/errors.ts";
import { runCommandLine } from "./cli/command-line.ts";

// `… | head` closes the pipe: no reason to fail.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error) => {
    if (errorCode(error) !== "EPIPE") {
      throw error;
    }
  });
}

/**
 * How long a service that is over waits for the reader of its log. A pager may take its time with a
 * list.
 */
const LOG_LIMIT_MS = 1000;

const { argv, env, stdin, stdout, stderr } = process;
// Not a top-level await: the single binary is a CommonJS bundle.
void runCommandLine(argv.slice(2), { env, stdin, stdout, stderr }).then((exitCode) => {
  process.exitCode = exitCode;
  // Fires only where something keeps the process from ending by itself.
  if (argv[2] === "serve") {
    setTimeout(() => process.exit(), LOG_LIMIT_MS).unref();
  }
});
