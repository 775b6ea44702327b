import { createWriteStream } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { OutputStream } from "./bounded-output.ts";

/** How long a program that stops waits for a terminal that stands still, ms. */
const PATIENCE_MS = 1000;
const LOOK_MS = 10;

/** An output such as `process.stdout`. */
interface Output extends OutputStream {
  readonly isTTY?: boolean;
  readonly fd?: number;
}

export interface PatientOutput {
  readonly output: Output;
  /** Resolves once the terminal has everything, or after one second. */
  written(): Promise<void>;
}

/**
 * The output for the lines of a program that runs on. Node writes to a terminal at once, so one
 * that stands still (Ctrl-S, a stopped terminal program) would hold up everything, even the
 * handlers of signals. Here, a thread writes to it. What else is written to `stdout` may overtake.
 */
export function patientOutput(stdout: Output): PatientOutput {
  const { isTTY, fd } = stdout;
  if (isTTY !== true || fd === undefined) {
    return { output: stdout, written: async () => {} };
  }
  const stream = createWriteStream("", { fd, autoClose: false });
  // The terminal is gone, so nobody reads the lines.
  stream.on("error", () => {});
  return {
    output: Object.assign(stream, { isTTY }),
    async written() {
      const until = performance.now() + PATIENCE_MS;
      while (stream.writableLength > 0 && performance.now() < until) {
        await delay(LOOK_MS);
      }
    },
  };
}
