import { setImmediate as nextTurn } from "node:timers/promises";
import { onTestFinished, vi } from "vitest";

const STEP_MS = 20;

/** From now until the end of the test, time passes only with `pass`. The disk and sockets are real. */
export function useFakeTime(): void {
  if (!vi.isFakeTimers()) {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"] });
    onTestFinished(() => void vi.useRealTimers());
  }
}

/**
 * Lets `ms` pass, and everything come to rest that happens in them, however slow the machine is.
 * `isBusy`: whether something real has to end before time goes on, such as a request.
 */
export async function pass(ms: number, isBusy: () => boolean = () => false): Promise<void> {
  if (!vi.isFakeTimers()) {
    return;
  }
  await rest(isBusy);
  for (let passed = 0; passed < ms; passed += STEP_MS) {
    vi.advanceTimersByTime(Math.min(STEP_MS, ms - passed));
    await rest(isBusy);
  }
}

/** Resolves once neither the disk nor a promise has something to do. */
export async function rest(isBusy: () => boolean): Promise<void> {
  for (let quiet = 0; quiet < 3; ) {
    await nextTurn();
    quiet = isDiskBusy() || isBusy() ? 0 : quiet + 1;
  }
}

function isDiskBusy(): boolean {
  return process.getActiveResourcesInfo().some((resource) => /^(?:FSReq|CloseReq)/u.test(resource));
}
