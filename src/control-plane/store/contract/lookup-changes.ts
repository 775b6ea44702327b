/** What a change may have made different in the answers of `SyncLookups`. */
export interface LookupChange {
  readonly kind: "key" | "executor" | "nodes" | "all";
  /**
   * Of a key its hash, of an executor `boundExecutorId()`, of nodes the id of their executor. Of
   * "all" any text.
   */
  readonly id: string;
}

/** By what `executors.bound()` finds an executor: ids have no blanks. */
export function boundExecutorId(organizationId: string, name: string): string {
  return `${organizationId} ${name}`;
}
