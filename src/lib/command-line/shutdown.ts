/** npm and a shell hand on a Ctrl-C that the terminal has sent to the whole group already: the echo is not a second one. */
const ECHO_MS = 1000;

/** Aborts at the first SIGTERM or SIGINT; a second one, later than its echo, ends the process at once, as signals do. */
export function shutdownSignal(): AbortSignal {
  const controller = new AbortController();
  let abortedAt = 0;
  const stop = (name: NodeJS.Signals) => {
    if (!controller.signal.aborted) {
      abortedAt = performance.now();
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
