/** Those who wait for something to become true of the agent. Level-triggered: each looks at the present, not at an event. */
export function createObservers() {
  const waiting = new Set<() => void>();
  return {
    notify(): void {
      for (const wake of [...waiting]) {
        wake();
      }
    },
    /** Resolves once `predicate` holds, or when `signal` aborts. */
    async until(predicate: () => boolean, signal: AbortSignal): Promise<void> {
      while (!predicate() && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const wake = () => {
            waiting.delete(wake);
            signal.removeEventListener("abort", wake);
            resolve();
          };
          waiting.add(wake);
          signal.addEventListener("abort", wake);
        });
      }
    },
  };
}
