import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { errorCode, OperatorError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";

/** flock(1): somebody else has it. */
const TAKEN = 1;
/** It does not wait for the lock; a network file system may make it wait for its server. */
const LONGEST_MS = 20_000;

/**
 * Takes flock(2)'s exclusive lock on the open file, through flock(1): Node has no call for it. The
 * lock is the open file's, not that of the process that asked for it, so it stays when flock(1)
 * ends, and goes with the descriptor. Resolves with false where another open file has it.
 */
export async function lockFile(descriptor: number): Promise<boolean> {
  const child = spawn("flock", ["-n", "-x", "3"], {
    stdio: ["ignore", "ignore", "pipe", descriptor],
    timeout: LONGEST_MS,
    killSignal: "SIGKILL",
  });
  try {
    const [[exitCode], complaint] = await Promise.all([
      once(child, "close"),
      child.stderr === null ? "" : text(child.stderr),
    ]);
    if (exitCode === 0 || exitCode === TAKEN) {
      return exitCode === 0;
    }
    throw new OperatorError(`flock ended with ${exitCode ?? "a signal"}: ${printable(complaint)}`);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") {
      throw error;
    }
    throw new OperatorError("this host has no flock: install util-linux");
  }
}
