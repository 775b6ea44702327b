/** A bound on one piece of work: aborts after its time, or with the caller's signal. Dispose it. */
interface Deadline extends Disposable {
  readonly signal: AbortSignal;
  /** True once time, not the caller, ended the work. */
  isPast(): boolean;
}

/**
 * Starts a deadline of `ms`. Use it instead of `AbortSignal.any` and `AbortSignal.timeout`: on a
 * long-lived signal each call of those keeps memory.
 */
export function startDeadline(ms: number, caller: AbortSignal): Deadline {
  const controller = new AbortController();
  let past = false;
  const cancel = () => controller.abort();
  const timer = setTimeout(() => {
    past = true;
    controller.abort();
  }, ms);
  caller.addEventListener("abort", cancel);
  if (caller.aborted) {
    cancel();
  }
  return {
    signal: controller.signal,
    isPast: () => past,
    [Symbol.dispose]() {
      clearTimeout(timer);
      caller.removeEventListener("abort", cancel);
    },
  };
}

/** The value of `work`; undefined as soon as `signal` aborts, even if `work` ignores the signal. */
export function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    const giveUp = () => resolve(undefined);
    if (signal.aborted) {
      giveUp();
    }
    signal.addEventListener("abort", giveUp);
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
  });
}
