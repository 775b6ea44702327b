export interface EventuallyOptions {
  readonly timeoutMs?: number;
  /**
   * Names the awaited state in the failure's message. A function if it names what was seen: then it is
   * what was seen last.
   */
  readonly describe: string | (() => string);
}

const PAUSE_MS = 20;
/** Of the time that a probe took: one that starts programs leaves most of the processor to others. */
const PAUSE_RATIO = 2;
/** Of the time waited so far: what takes a minute is not asked forty times a second. */
const PAUSE_SHARE = 0.03;
const LONGEST_PAUSE_MS = 500;
/** Generous, for a busy machine. */
const WAIT_MS = 45_000;

/**
 * Calls `probe` until it returns something other than undefined or false, and returns that. A probe
 * that throws is called again. `probe` looks at a state, not at a change, so that it misses nothing
 * between two calls. Fails with the last result.
 */
export async function eventually<Result>(
  probe: () => Promise<Result | undefined | false> | Result | undefined | false,
  { timeoutMs = WAIT_MS, describe }: EventuallyOptions,
): Promise<Result> {
  const begun = performance.now();
  const deadline = begun + timeoutMs;
  for (;;) {
    const from = performance.now();
    const seen = await attempt(probe);
    if ("result" in seen) {
      return seen.result;
    }
    const now = performance.now();
    if (now >= deadline) {
      const awaited = typeof describe === "string" ? describe : describe();
      throw new Error(`waited ${timeoutMs} ms in vain: ${awaited}; last seen: ${seen.status}`, {
        cause: seen.error,
      });
    }
    const pauseMs = Math.max(PAUSE_MS, PAUSE_RATIO * (now - from), PAUSE_SHARE * (now - begun));
    await new Promise((resolve) => setTimeout(resolve, Math.min(LONGEST_PAUSE_MS, pauseMs)));
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
