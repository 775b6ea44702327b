import { existsSync } from "node:fs";

const SHELL = "/bin/sh";

/**
 * Ends the process even while a thread waits for a file that does not answer. exit(3) and Node
 * would wait for that thread; execve(2) ends all threads.
 */
export function leave(code: number): void {
  process.emit("exit", code);
  if (existsSync(SHELL)) {
    process.execve?.(SHELL, ["sh", "-c", `exit ${code}`], {});
  }
  process.kill(process.pid, "SIGKILL");
  // The first process of a container cannot kill itself, and an image may have no shell.
  process.exit(code);
}
