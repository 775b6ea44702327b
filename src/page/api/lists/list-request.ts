import * as z from "zod/mini";

/** A page of a list: the entries behind `before`, or in front of `after`, or the first. */
export interface ListRequest<Filter> {
  readonly limit: number;
  readonly before: string | null;
  readonly after: string | null;
  readonly search: string | null;
  readonly sort: string;
  readonly order: "ascending" | "descending";
  /** What is undefined or null does not filter. */
  readonly filter: Filter;
}

/** The entries of the page, and how many the list has on all pages. */
export interface ListPage<Entry> {
  readonly entries: readonly Entry[];
  readonly count: number;
}

/** Reads `{ entries, count }`. */
export function listPage<Entry extends z.ZodMiniType>(entry: Entry) {
  return z.object({ entries: z.array(entry), count: z.number() });
}
