/**
 * npm and a shell pass on a Ctrl-C that the terminal has already sent to the whole process group.
 * That echo is not a second signal. Milliseconds.
 */
const ECHO_MS = 1000;

/**
 * Aborts at the first SIGTERM or SIGINT. A second one, later than the echo of the first, ends the
 * process at once.
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
