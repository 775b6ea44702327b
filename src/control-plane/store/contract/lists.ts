import type { OfflineCause } from "../../../protocol/statuses.ts";

/** One page of a list: at most `limit` entries that follow the entry with the id `before`. */
export interface Page {
  readonly limit: number;
  readonly before: string | null;
}

export interface SearchPage extends Page {
  /**
   * Matches any part of a name, ignoring case, or the beginning of an id or fingerprint. Null
   * matches everything.
   */
  readonly search: string | null;
}

/** What is judged by the time of the request, and by what this process knows. Epoch ms. */
export interface ListMoment {
  readonly now: number;
  /** An executor whose last sync is older is offline. */
  readonly onlineSince: number;
  /** A refusal that is older is no news. */
  readonly refusedSince: number;
  /** The executors that several processes sync as. */
  readonly duplicates: readonly string[];
}

/** All that are not null must match. */
export interface ExecutorFilter {
  readonly search: string | null;
  readonly status: "online" | "offline" | null;
  readonly cause: OfflineCause | null;
  readonly concern: "refused" | "duplicate" | null;
  readonly version: string | null;
  readonly kind: string | null;
  /** The id of the key that it is bound to. */
  readonly key: string | null;
  /** Exclusive, epoch ms. */
  readonly seenBefore: number | null;
  /** Inclusive, epoch ms. */
  readonly seenAfter: number | null;
}

/** All that are not null must match. */
export interface KeyFilter {
  readonly search: string | null;
  readonly status: "active" | "expired" | "revoked" | null;
  readonly concern: "refused" | "expiring" | "unused" | "old" | null;
  /** The id of an executor, or any part of its name, ignoring case. */
  readonly target: string | null;
  /** Exclusive, epoch ms. */
  readonly expiresBefore: number | null;
  /** Exclusive, epoch ms. Keys that were never used count by their creation. */
  readonly usedBefore: number | null;
}

/** A page of a list in an order. */
export interface ListPage<Sort extends string, Filter> {
  readonly limit: number;
  /** The page follows this entry; null: it is the first. */
  readonly before: string | null;
  /** The page precedes this entry. */
  readonly after: string | null;
  readonly sort: Sort;
  readonly isDescending: boolean;
  readonly filter: Filter;
  readonly moment: ListMoment;
}

export type ExecutorSort = "created" | "name" | "seen";
export type KeySort = "created" | "name" | "expires";
export type ExecutorPage = ListPage<ExecutorSort, ExecutorFilter>;
export type KeyPage = ListPage<KeySort, KeyFilter>;

export interface ExecutorHealth {
  readonly total: number;
  readonly online: number;
  readonly offline: number;
  /** Of those that are offline. */
  readonly offlineBy: readonly { readonly cause: OfflineCause; readonly count: number }[];
  readonly refused: number;
  readonly duplicates: number;
}

/** How many executors run a version. */
export interface VersionCount {
  readonly version: string;
  readonly count: number;
}

export interface KeyHealth {
  readonly total: number;
  readonly active: number;
  readonly refused: number;
  readonly expiring: number;
  readonly unused: number;
  readonly old: number;
}
