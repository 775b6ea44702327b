import { WaitList } from "./wait-list.ts";

/** Resolves after `ms`, or at once if `signal` aborts: cancellation is not an error. */
export function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new WaitList().wait(ms, signal);
}

/** Resolves `ms` after `signal` aborts. Does not keep the process alive. */
export function delayAfter(signal: AbortSignal, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const start = () => void setTimeout(resolve, ms).unref();
    if (signal.aborted) {
      start();
    } else {
      signal.addEventListener("abort", start, { once: true });
    }
  });
}
