/**
 * A long-running part of the process. Resolves after `signal` aborts. Rejects only if it cannot
 * continue.
 */
export type Task = (signal: AbortSignal) => Promise<void>;

/**
 * Runs tasks until one of them ends, then stops the others and waits for all. Rejects with the
 * first failure, in the order of `tasks`.
 */
export async function runTasks(tasks: readonly Task[], signal: AbortSignal): Promise<void> {
  const controller = new AbortController();
  const stop = () => controller.abort();
  signal.addEventListener("abort", stop);
  if (signal.aborted) {
    stop();
  }
  try {
    const results = await Promise.allSettled(
      tasks.map(async (task) => {
        try {
          await task(controller.signal);
        } finally {
          stop();
        }
      }),
    );
    const failure = results.find((result) => result.status === "rejected");
    if (failure !== undefined) {
      throw failure.reason;
    }
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
