/** The kernel counts in ticks of some ms, so less than this says nothing, µs. */
const LEAST_MICROS = 10_000;
const RUNS = 3;

/**
 * How many times more work `work(10 * size)` is than `work(size)`, in processor time of this thread:
 * about 10 if it is linear, about 100 if it is quadratic. What other programs do does not count, and
 * the speed of the machine cancels out.
 */
export async function growth(work: (size: number) => unknown, size: number): Promise<number> {
  const small = await leastMicros(() => work(size));
  const large = await leastMicros(() => work(10 * size));
  return large / Math.max(LEAST_MICROS, small);
}

/** Least of several runs: the first ones also compile. */
async function leastMicros(work: () => unknown): Promise<number> {
  let least = Infinity;
  for (let run = 0; run < RUNS; run += 1) {
    const before = process.threadCpuUsage();
    await work();
    const { user, system } = process.threadCpuUsage(before);
    least = Math.min(least, user + system);
  }
  return least;
}
