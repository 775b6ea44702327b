import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { errorCode, OperatorError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";

/** flock(1): another open file holds the lock. */
const TAKEN = 1;
/** It does not wait for the lock, but a network file system may make it wait for a server. */
const LONGEST_MS = 20_000;

/**
 * Takes the exclusive lock of flock(2) on the open file, by way of flock(1), because Node has no
 * call for it. The lock belongs to the open file, not to the process that asked for it, so it
 * outlives flock(1) and ends with the descriptor. Resolves with false if another open file has the
 * lock.
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
