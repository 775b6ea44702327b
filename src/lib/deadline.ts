import { OperatorError } from "./errors.ts";

/**
 * A time limit for one piece of work: aborts when it is over, or with the signal of the caller.
 * Dispose of it.
 */
interface Deadline extends Disposable {
  readonly signal: AbortSignal;
  /** True if the time limit, not the caller, ended the work. */
  isPast(): boolean;
}

/**
 * Starts a deadline of `ms`. Use it instead of `AbortSignal.any` and `AbortSignal.timeout`: each
 * call of those keeps memory as long as a long-lived signal exists.
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

/**
 * As `work`. Rejects after `ms` with an OperatorError that begins with `complaint`; `work` goes on.
 */
export function inTime<Value>(work: Promise<Value>, ms: number, complaint: string): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new OperatorError(`${complaint} within ${ms / 1000} s`)), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
