export interface EventuallyOptions {
  readonly timeoutMs?: number;
  /** Names the awaited state in the failure's message. */
  readonly describe: string;
}

const PAUSE_MS = 20;
/** Generous, for a busy machine. */
const WAIT_MS = 20_000;

/**
 * Calls `probe` until it returns something other than undefined or false, and returns that. A probe
 * that throws is called again. `probe` looks at a state, not at a change, so that it misses nothing
 * between two calls. Fails with the last result.
 */
export async function eventually<Result>(
  probe: () => Promise<Result | undefined | false> | Result | undefined | false,
  { timeoutMs = WAIT_MS, describe }: EventuallyOptions,
): Promise<Result> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const seen = await attempt(probe);
    if ("result" in seen) {
      return seen.result;
    }
    if (performance.now() >= deadline) {
      throw new Error(`waited ${timeoutMs} ms in vain: ${describe}; last seen: ${seen.status}`, {
        cause: seen.error,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

type Seen<Result> = { readonly result: Result } | { readonly status: string; readonly error?: unknown };

async function attempt<Result>(
  probe: () => Promise<Result | undefined | false> | Result | undefined | false,
): Promise<Seen<Result>> {
  try {
    const result = await probe();
    return result === undefined || result === false ? { status: String(result) } : { result };
  } catch (error) {
    return { status: String(error), error };
  }
}
