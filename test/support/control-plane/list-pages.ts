import type {
  ExecutorFilter,
  ExecutorPage,
  KeyFilter,
  KeyPage,
  ListMoment,
} from "../../../src/control-plane/store/contract/lists.ts";

export const NO_EXECUTOR_FILTER: ExecutorFilter = {
  search: null,
  status: null,
  cause: null,
  concern: null,
  version: null,
  kind: null,
  key: null,
  seenBefore: null,
  seenAfter: null,
};
export const NO_KEY_FILTER: KeyFilter = {
  search: null,
  status: null,
  concern: null,
  target: null,
  expiresBefore: null,
  usedBefore: null,
};

/** Half a minute is the heartbeat timeout. */
export function momentAt(now: number, duplicates: readonly string[] = []): ListMoment {
  return { now, onlineSince: now - 30_000, refusedSince: now - 180_000, duplicates };
}

const FIRST = { limit: 100, before: null, after: null, isDescending: true, moment: momentAt(0) } as const;

/** The first page of all executors, newest first. */
export const EXECUTOR_PAGE: ExecutorPage = { ...FIRST, sort: "created", filter: NO_EXECUTOR_FILTER };
/** The first page of all keys, newest first. */
export const KEY_PAGE: KeyPage = { ...FIRST, sort: "created", filter: NO_KEY_FILTER };
