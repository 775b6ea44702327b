import { closeSync, constants, openSync, writeSync } from "node:fs";

/**
 * Gives this process the name that `systemctl status` and ps(1) show; Node.js calls it
 * `MainThread`. The kernel keeps 15 bytes. proc(5): only the first thread's name counts for them.
 */
export function nameProcess(name: string): void {
  try {
    const file = openSync("/proc/self/comm", constants.O_WRONLY);
    try {
      writeSync(file, name);
    } finally {
      closeSync(file);
    }
  } catch {
    // Without /proc nobody sees the name.
  }
}
