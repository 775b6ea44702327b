import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { KNOCKING_MS, offlineReason } from "../../../../src/control-plane/executors/offline-reason.ts";
import type { Activity } from "../../../../src/control-plane/store/contract/activity.ts";
import type { ExecutorRecord } from "../../../../src/control-plane/store/contract/executors.ts";
import type {
  ExecutorFilter,
  ExecutorPage,
  ExecutorSort,
} from "../../../../src/control-plane/store/contract/lists.ts";
import type { Store, StoreTransaction } from "../../../../src/control-plane/store/contract/store.ts";
import { OFFLINE_CAUSES } from "../../../../src/protocol/statuses.ts";
import { EXECUTOR_PAGE, momentAt, NO_EXECUTOR_FILTER } from "../../../support/control-plane/list-pages.ts";
import type { TestDatabase } from "../../../support/control-plane/store/engine.ts";
import { engines } from "../../../support/control-plane/store/engines.ts";
import {
  byText,
  contains,
  pageOf,
  SEARCHED_NAMES,
  TEXTS,
} from "../../../support/control-plane/store/list-model.ts";
import { ACME, DECLARATION, newExecutor, newKey } from "../../../support/control-plane/store/new-records.ts";
import { runs } from "../../../support/runs.ts";

const NOW = Date.UTC(2026, 5, 1);
const COUNT = 250;
const idOf = (n: number) => `e${String(n).padStart(4, "0")}`;
const MOMENT = momentAt(
  NOW,
  Array.from({ length: COUNT / 9 }, (_, n) => idOf(n * 9)),
);

/** Times around everything that matters, with equal ones among them. */
const time = fc.constantFrom(
  ...[
    0,
    1,
    2,
    10_000,
    29_999,
    30_000,
    30_001,
    60_000,
    KNOCKING_MS - 1,
    KNOCKING_MS,
    KNOCKING_MS + 1,
    1e7,
  ].map((ago) => NOW - ago),
);
/** As often null as not, so that no cause is rare. */
const maybe = fc.option(time, { nil: null, freq: 2 });
const end = fc.option(fc.oneof(time, fc.constant(NOW + 1)), { nil: null, freq: 2 });
/** What has become of an executor and its key. */
const fates = fc.record({
  lastSyncAt: maybe,
  stoppedAt: maybe,
  refusedAt: maybe,
  hasKey: fc.boolean(),
  revokedAt: maybe,
  revokesAt: end,
  expiresAt: end,
  reason: fc.constantFrom(
    "revoked",
    "expired",
    "damaged",
    "wrong_organization",
    "key_held_by_other_executor",
  ),
  keyRefusedAt: maybe,
  version: fc.constantFrom("1.4.0", "1.10.0", "2.0.0"),
  kind: fc.constantFrom("agent", "operator"),
});
type Fate = typeof fates extends fc.Arbitrary<infer Value> ? Value : never;

async function add({ keys, executors }: StoreTransaction, n: number, fate: Fate): Promise<void> {
  const id = idOf(n);
  const { hasKey, revokedAt, revokesAt, expiresAt, version, kind } = fate;
  // Names are unique in an organization.
  const name = `${SEARCHED_NAMES[(n * 5) % SEARCHED_NAMES.length]} ${(n * 37) % COUNT}`;
  await executors.insert(newExecutor(id, { name, createdAt: Math.floor(n / 5), version, kind }));
  if (!hasKey) {
    return;
  }
  await keys.insert(newKey(`k${n}`, { expiresAt }));
  await executors.bind(id, { id: `k${n}`, lineageId: `k${n}` }, kind);
  if (revokedAt !== null) {
    await keys.revoke(`k${n}`, revokedAt);
  }
  if (revokesAt !== null) {
    await keys.endAt(`k${n}`, revokesAt, NOW);
  }
}

function activitiesOf(n: number, { lastSyncAt, stoppedAt, refusedAt, keyRefusedAt, reason, version }: Fate) {
  const key = { id: `k${n}`, name: "k", fingerprint: "00000000" };
  const refusal = { key, reason, message: "m", address: null };
  const executorId = idOf(n);
  const activities: readonly (Activity | null)[] = [
    lastSyncAt === null
      ? null
      : {
          kind: "synced",
          executorId,
          key,
          declaration: { ...DECLARATION, version },
          address: null,
          at: lastSyncAt,
        },
    stoppedAt === null ? null : { kind: "stopped", executorId, at: stoppedAt },
    refusedAt === null ? null : { kind: "refused", executorId, refusal: { ...refusal, at: refusedAt } },
    keyRefusedAt === null
      ? null
      : {
          kind: "key-refused",
          keyId: `k${n}`,
          refusal: { reason, message: "m", address: null, executorId: null, at: keyRefusedAt },
        },
  ];
  return activities.filter((activity) => activity !== null);
}

async function fill(database: TestDatabase, store: Store): Promise<void> {
  const sample = fc.sample(fates, COUNT);
  await store.transaction(async (transaction) => {
    await transaction.organizations.insert(ACME);
    await transaction.organizations.insert({ id: "bravo", name: "Bravo", slug: "bravo", createdAt: 0 });
    await transaction.executors.insert(newExecutor("x", { organizationId: "bravo" }));
    for (const [n, fate] of sample.entries()) {
      await add(transaction, n, fate);
    }
  });
  await store.record(sample.flatMap((fate, n) => activitiesOf(n, fate)));
  // To better-auth, which has the table, it means the same as true.
  await database.sql(`update "apikey" set "enabled" = null where "id" like ? and "enabled" <> ?`, "%7", "0");
}

/** What the page shows of the executor. */
function shown(executor: ExecutorRecord) {
  const { lastSyncAt, stoppedAt } = executor;
  const hasStopped = stoppedAt !== null && stoppedAt >= (lastSyncAt ?? 0);
  const isOnline = !hasStopped && (lastSyncAt ?? 0) >= MOMENT.onlineSince;
  const seen = { isOnline, lastSyncAt, stoppedAt: hasStopped ? stoppedAt : null };
  const reason = offlineReason(executor, seen, NOW);
  return { isOnline, cause: reason?.cause ?? null, isKnocking: reason?.isKnocking === true };
}

function matches(executor: ExecutorRecord, filter: ExecutorFilter): boolean {
  const { id, name, version, kind, key, lastSyncAt } = executor;
  const { isOnline, cause, isKnocking } = shown(executor);
  const seenAt = lastSyncAt ?? 0;
  const concerns = { refused: isKnocking, duplicate: MOMENT.duplicates.includes(id) };
  return (
    (filter.search === null || contains(name, filter.search) || id.startsWith(filter.search)) &&
    (filter.status === null || isOnline === (filter.status === "online")) &&
    (filter.cause === null || cause === filter.cause) &&
    (filter.concern === null || concerns[filter.concern]) &&
    (filter.version === null || version === filter.version) &&
    (filter.kind === null || kind === filter.kind) &&
    (filter.key === null || key?.id === filter.key) &&
    (filter.seenBefore === null || seenAt < filter.seenBefore) &&
    (filter.seenAfter === null || seenAt >= filter.seenAfter)
  );
}

const ORDERS: Readonly<Record<ExecutorSort, (one: ExecutorRecord, other: ExecutorRecord) => number>> = {
  created: (one, other) => one.createdAt - other.createdAt,
  name: (one, other) => byText(one.name, other.name),
  seen: (one, other) => (one.lastSyncAt ?? 0) - (other.lastSyncAt ?? 0),
};

const orNull = <Value>(value: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: value });
const filters: fc.Arbitrary<ExecutorFilter> = fc.record({
  search: orNull(fc.constantFrom(...TEXTS, "e", "E0", "e001")),
  status: orNull(fc.constantFrom("online", "offline")),
  cause: orNull(fc.constantFrom(...OFFLINE_CAUSES)),
  concern: orNull(fc.constantFrom("refused", "duplicate")),
  version: orNull(fc.constantFrom("1.4.0", "2.0.0", "1")),
  kind: orNull(fc.constantFrom("agent", "operator")),
  key: orNull(fc.constantFrom("k1", "k2", "nobody")),
  seenBefore: orNull(time),
  seenAfter: orNull(time),
});

describe.each(engines)("executors in $name", (engine) => {
  let store: Store;
  let executors: readonly ExecutorRecord[];
  beforeAll(async () => {
    const database = await engine.newDatabase();
    store = await database.open();
    await fill(database, store);
    const all = await store.executors.list("acme", { ...EXECUTOR_PAGE, limit: 2 * COUNT });
    executors = all.toReversed();
    return () => database.remove();
  });

  const found = (filter: Partial<ExecutorFilter>) =>
    executors.filter((executor) => matches(executor, { ...NO_EXECUTOR_FILTER, ...filter }));

  it("are listed newest first, those that are equally old by their id", () => {
    expect(executors.map(({ id }) => id)).toEqual(Array.from({ length: COUNT }, (_, n) => idOf(n)));
  });

  it("are filtered, ordered, counted and paged as a search of everything would", async () => {
    const page = fc.record({
      filter: filters,
      sort: fc.constantFrom("created", "name", "seen"),
      isDescending: fc.boolean(),
      limit: fc.constantFrom(1, 7, 500),
      cursor: fc.constantFrom("before", "after", null),
      at: fc.nat(COUNT - 1),
    });
    await fc.assert(
      fc.asyncProperty(page, async ({ cursor, at, ...asked }) => {
        const given: ExecutorPage = {
          ...asked,
          moment: MOMENT,
          before: cursor === "before" ? idOf(at) : null,
          after: cursor === "after" ? idOf(at) : null,
        };
        const expected = found(given.filter);
        expect((await store.executors.list("acme", given)).map(({ id }) => id)).toEqual(
          pageOf(executors, expected, ORDERS[given.sort], given),
        );
        expect(await store.executors.count("acme", given.filter, MOMENT)).toBe(expected.length);
      }),
      { numRuns: runs(250) },
    );
  });

  it("are counted for the overview as their lists are", async () => {
    const { offlineBy, ...health } = await store.executors.health("acme", MOMENT);
    expect(health).toEqual({
      total: COUNT,
      online: found({ status: "online" }).length,
      offline: found({ status: "offline" }).length,
      refused: found({ concern: "refused" }).length,
      duplicates: MOMENT.duplicates.length,
    });
    expect(offlineBy).toEqual(
      OFFLINE_CAUSES.map((cause) => ({ cause, count: found({ status: "offline", cause }).length })),
    );
  });

  it("are counted by version, the most common first", async () => {
    const counts = ["1.4.0", "1.10.0", "2.0.0"].map((version) => ({
      version,
      count: found({ version }).length,
    }));
    const expected = counts.toSorted(
      (one, other) => other.count - one.count || byText(one.version, other.version),
    );
    expect(await store.executors.versions("acme")).toEqual(expected);
  });

  it("of another organization are no place to go on from", async () => {
    for (const cursor of [{ before: "x" }, { after: "x" }, { before: "nobody" }, { after: "" }]) {
      expect(await store.executors.list("acme", { ...EXECUTOR_PAGE, ...cursor })).toEqual([]);
    }
  });
});
