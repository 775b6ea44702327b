import type { ListRequest } from "../../api/lists/list-request.ts";

/** How many entries a page of a list has. */
export const PAGE_SIZE = 50;

/** A field that a list can be ordered by. */
export interface ListSort {
  readonly field: string;
  readonly label: string;
  /** The order that a person expects first: names from A, times from the newest. */
  readonly first: Order;
}

type Order = "ascending" | "descending";

export interface ListOrder {
  readonly field: string;
  readonly order: Order;
}

/** What the URL asks for: `sort=name` or `sort=-name`; the first of `sorts` by default. */
export function orderOf(query: URLSearchParams, sorts: readonly [ListSort, ...ListSort[]]): ListOrder {
  const asked = query.get("sort") ?? "";
  const sort = sorts.find(({ field }) => field === asked.replace(/^-/, ""));
  if (sort === undefined) {
    return { field: sorts[0].field, order: sorts[0].first };
  }
  return { field: sort.field, order: asked.startsWith("-") ? "descending" : "ascending" };
}

/** The value of `sort` in the URL. */
export function sortText({ field, order }: ListOrder): string {
  return order === "descending" ? `-${field}` : field;
}

/** The page of a list that the URL names, with one entry more than is shown. */
export function cursorOf(query: URLSearchParams): Pick<ListRequest<unknown>, "limit" | "before" | "after"> {
  const before = query.get("before");
  return { limit: PAGE_SIZE + 1, before, after: before === null ? query.get("after") : null };
}

/** The request for that page of a list which has orders and filters. */
export function requestOf<Filter>(
  query: URLSearchParams,
  sorts: readonly [ListSort, ...ListSort[]],
  filter: Filter,
): ListRequest<Filter> {
  const { field, order } = orderOf(query, sorts);
  return {
    ...cursorOf(query),
    search: query.get("search"),
    sort: field,
    order,
    filter,
  };
}

export interface ShownPage<Entry> {
  readonly shown: readonly Entry[];
  readonly hasPrevious: boolean;
  readonly hasNext: boolean;
}

/** Splits off the one entry more that was asked for: it tells whether there is another page. */
export function pageOf<Entry>(entries: readonly Entry[], query: URLSearchParams): ShownPage<Entry> {
  const hasMore = entries.length > PAGE_SIZE;
  if (query.has("after") && !query.has("before")) {
    return { shown: hasMore ? entries.slice(1) : entries, hasPrevious: hasMore, hasNext: true };
  }
  return { shown: entries.slice(0, PAGE_SIZE), hasPrevious: query.has("before"), hasNext: hasMore };
}

/** The query parameters that choose a page, not what is listed. */
export const FIRST_PAGE = { before: undefined, after: undefined } as const;

/** Whether the URL asks for less than everything. */
export function isFiltered(query: URLSearchParams, filters: readonly string[]): boolean {
  return ["search", ...filters].some((name) => query.has(name));
}
