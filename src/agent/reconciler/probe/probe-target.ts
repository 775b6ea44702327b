/** What a probe must know of the process that it asks. */
export interface ProbeTarget {
  readonly isLocal: boolean;
  readonly syncMarginBlocks: number;
}
