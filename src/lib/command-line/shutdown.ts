import { existsSync } from "node:fs";
import { constants } from "node:os";

/**
 * npm and shells pass on a Ctrl-C that the terminal has already sent to the whole process group.
 * That echo does not count as a second signal. In milliseconds.
 */
const ECHO_MS = 1000;
const SHELL = "/bin/sh";

/**
 * Aborts at the first SIGTERM or SIGINT. A second one ends the process at once, unless it is the
 * echo of the first.
 */
export function shutdownSignal(onSignal: (name: NodeJS.Signals) => void = () => {}): AbortSignal {
  const controller = new AbortController();
  let abortedAt = 0;
  const stop = (name: NodeJS.Signals) => {
    if (!controller.signal.aborted) {
      abortedAt = performance.now();
      onSignal(name);
      controller.abort();
    } else if (performance.now() - abortedAt > ECHO_MS) {
      process.off("SIGTERM", stop);
      process.off("SIGINT", stop);
      process.kill(process.pid, name);
    }
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  return controller.signal;
}

/**
 * For a command that changes nothing: SIGTERM and SIGINT end it at once, and it says nothing more.
 * The first process of a container exits instead, because its own signal cannot end it. Returns a
 * signal that never aborts.
 */
export function endedBySignals(): AbortSignal {
  const end = (name: "SIGTERM" | "SIGINT") => {
    process.off("SIGTERM", end);
    process.off("SIGINT", end);
    process.kill(process.pid, name);
    leave(OF_SIGNALS + constants.signals[name]);
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
  return new AbortController().signal;
}

/** A shell adds it to the number of a signal. */
const OF_SIGNALS = 128;

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
