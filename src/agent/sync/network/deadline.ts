/** A bound on one exchange: aborts after `ms`, or with the caller's signal; disposing it leaves nothing behind. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
  /** True once time, not the caller, ended the exchange. */
  isPast(): boolean;
}

/** By hand, not with `AbortSignal.any` and `AbortSignal.timeout`: those retain memory on a long-lived signal, per call. */
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

/** The value of `work`, or undefined as soon as `signal` aborts, whether or not `work` takes notice of it. */
export function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    const give = () => resolve(undefined);
    if (signal.aborted) {
      give();
    }
    signal.addEventListener("abort", give);
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", give));
  });
}
