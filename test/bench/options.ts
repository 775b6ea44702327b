/** Options of a part of the benchmark. */
export interface BenchOptions {
  /** Shorter and fewer: to see whether something got worse, not to quote. */
  readonly quick: boolean;
  /** Another checkout with its dist/, for the parts that compare two. */
  readonly against: string | undefined;
  /** Prints progress. */
  readonly log: (line: string) => void;
}
