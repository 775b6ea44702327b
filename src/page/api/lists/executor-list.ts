import * as z from "zod/mini";
import type { OfflineCause } from "../../../protocol/statuses.ts";
import type { Operation } from "../answer.ts";
import { shownText } from "../decode.ts";
import { LISTED_EXECUTOR, type ListedExecutor, listedExecutor } from "../executors.ts";
import { field, graphql } from "../graphql-operation.ts";
import { type ListPage, type ListRequest, listPage } from "./list-request.ts";

export interface ExecutorFilter {
  readonly status?: string | null;
  readonly cause?: OfflineCause | null;
  readonly concern?: string | null;
  readonly version?: string | null;
  readonly kind?: string | null;
  /** ID of the key that it is bound to. */
  readonly key?: string | null;
  /** Epoch ms. */
  readonly seenBefore?: number | null;
  readonly seenAfter?: number | null;
}

const DOCUMENT = `query ExecutorList($limit: Int, $before: ID, $after: ID, $search: String,
  $filter: ExecutorFilter, $sort: ExecutorSort, $order: SortOrder) {
  entries: executors(limit: $limit, before: $before, after: $after, search: $search, filter: $filter,
    sort: $sort, order: $order) { ${LISTED_EXECUTOR} }
  count: executorCount(search: $search, filter: $filter)
}`;

export function askExecutorList(request: ListRequest<ExecutorFilter>): Operation<ListPage<ListedExecutor>> {
  return graphql(DOCUMENT, { ...request }, listPage(listedExecutor));
}

const versions = z.array(z.object({ version: shownText, count: z.number() }));

/** The versions that executors run, most of them first, and how many. */
export function askExecutorVersions(): Operation<z.output<typeof versions>> {
  return graphql(
    "query ExecutorVersions { executorVersions { version count } }",
    {},
    field("executorVersions", versions),
  );
}
