/** How a part of the benchmark is run. */
export interface BenchOptions {
  /** Shorter and fewer: to see whether something got worse, not to quote. */
  readonly quick: boolean;
  /** Another checkout with its dist/, for the parts that compare two. */
  readonly against: string | undefined;
  /** Progress, for whoever waits. */
  readonly log: (line: string) => void;
}
