/** The longest time that a timer of Node can wait, ms. A longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The parts of this process that wait for something to happen in it. */
export class WaitList {
  readonly #waiting = new Set<() => void>();

  /** Wakes all that wait now. */
  wake(): void {
    for (const wakeOne of [...this.#waiting]) {
      wakeOne();
    }
  }

  /** Resolves at the next `wake`, after `ms` (Infinity: never), or as soon as `signal` aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        this.#waiting.delete(finish);
        signal.removeEventListener("abort", finish);
        resolve();
      };
      const timer = ms === Infinity ? undefined : setTimeout(finish, Math.min(ms, LONGEST_TIMER_MS));
      this.#waiting.add(finish);
      signal.addEventListener("abort", finish);
    });
  }

  /**
   * Resolves once `holds` returns true, or when `signal` aborts. Every `wake` calls `holds` again.
   */
  async until(holds: () => boolean, signal: AbortSignal): Promise<void> {
    while (!holds() && !signal.aborted) {
      await this.wait(Infinity, signal);
    }
  }
}
