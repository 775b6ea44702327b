import * as z from "zod/mini";
import type { Operation } from "../answer.ts";
import { apiKey, KEY_FIELDS } from "../api-keys.ts";
import { keyReference, namedExecutor, shownText, timestamp } from "../decode.ts";
import { graphql } from "../graphql-operation.ts";
import { type ListPage, type ListRequest, listPage } from "./list-request.ts";

export interface KeyFilter {
  readonly status?: string | null;
  readonly concern?: string | null;
  /** ID or exact name of the executor that it was made for. */
  readonly target?: string | null;
  /** Epoch ms. */
  readonly expiresBefore?: number | null;
  readonly usedBefore?: number | null;
}

/** How many executors a list asks for per key: it shows two and names the others on hover. */
const LISTED_USES = 20;
const uses = z.array(z.object({ executor: namedExecutor }));

const listedKey = z.extend(apiKey, {
  /** The executors that are bound to it. */
  usedNow: uses,
  usedNowCount: z.number(),
  /** The last that used it, and are on another key now or deleted. */
  usedBefore: uses,
  usedBeforeCount: z.number(),
  lastRefusal: z.nullable(z.object({ reason: shownText, address: z.nullable(shownText), at: timestamp })),
  rotatedFrom: z.nullable(keyReference),
  rotatedTo: z.nullable(keyReference),
});

/** A key with what its list shows beside it. */
export type ListedKey = z.output<typeof listedKey>;

const LISTED_KEY = `${KEY_FIELDS}
  usedNow(limit: ${LISTED_USES}) { executor { id name isDeleted } } usedNowCount
  usedBefore(limit: ${LISTED_USES}) { executor { id name isDeleted } } usedBeforeCount
  lastRefusal { reason address at }
  rotatedFrom { id name fingerprint } rotatedTo { id name fingerprint }`;

const DOCUMENT = `query ApiKeys($limit: Int, $before: ID, $after: ID, $search: String,
  $filter: ApiKeyFilter, $sort: ApiKeySort, $order: SortOrder) {
  entries: apiKeys(limit: $limit, before: $before, after: $after, search: $search, filter: $filter,
    sort: $sort, order: $order) { ${LISTED_KEY} }
  count: apiKeyCount(search: $search, filter: $filter)
}`;

export function askKeyList(request: ListRequest<KeyFilter>): Operation<ListPage<ListedKey>> {
  return graphql(DOCUMENT, { ...request }, listPage(listedKey));
}
