/**
 * npm and shells pass on a Ctrl-C that the terminal has already sent to the whole process group.
 * That echo does not count as a second signal. In milliseconds.
 */
const ECHO_MS = 1000;

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
