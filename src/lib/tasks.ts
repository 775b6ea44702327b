/** A long-running part of the process. Resolves once `signal` aborts; rejects only when it cannot go on. */
export type Task = (signal: AbortSignal) => Promise<void>;

/** The first task to end, well or badly, stops the others; all have settled before this returns. Rejects with the first failure. */
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
