/**
 * How often a test of random cases runs: `sample` times with every change, and NOVACULA_RUNS times
 * as often in `npm run test:long`.
 */
export function runs(sample: number): number {
  return sample * Number(process.env["NOVACULA_RUNS"] ?? 1);
}
