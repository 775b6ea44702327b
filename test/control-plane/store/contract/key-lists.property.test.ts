import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { keyStatus } from "../../../../src/control-plane/keys/key-status.ts";
import type { KeyRecord } from "../../../../src/control-plane/store/contract/keys.ts";
import type { KeyFilter, KeyPage, KeySort } from "../../../../src/control-plane/store/contract/lists.ts";
import type { Store } from "../../../../src/control-plane/store/contract/store.ts";
import { KEY_PAGE, momentAt, NO_KEY_FILTER } from "../../../support/control-plane/list-pages.ts";
import { engines } from "../../../support/control-plane/store/engines.ts";
import {
  byText,
  contains,
  pageOf,
  ROWS,
  SEARCHED_NAMES,
  TEXTS,
} from "../../../support/control-plane/store/list-model.ts";
import { ACME, hashOf, newExecutor, newKey } from "../../../support/control-plane/store/new-records.ts";
import { runs } from "../../../support/runs.ts";

const NOW = Date.UTC(2026, 5, 1);
const DAY_MS = 86_400_000;
const MOMENT = momentAt(NOW);
const AGES = [0, 1, 1000, 90 * DAY_MS - 1, 90 * DAY_MS, 90 * DAY_MS + 1];
const ENDS = [-1, 0, 1, 14 * DAY_MS, 14 * DAY_MS + 1];

/** Keys of every kind, with many equal times and names, and as many of another organization. */
async function fill(store: Store): Promise<void> {
  const times = Array.from({ length: ROWS }, (_, n) => NOW - (AGES[n % AGES.length] ?? 0)).toSorted();
  await store.transaction(async ({ organizations, keys, executors }) => {
    await organizations.insert(ACME);
    await organizations.insert({ id: "bravo", name: "Bravo", slug: "bravo", createdAt: 0 });
    for (const [n, name] of SEARCHED_NAMES.entries()) {
      await executors.insert(newExecutor(`e${n}`, { name }));
    }
    for (const [n, createdAt] of times.entries()) {
      const id = `k${String(n).padStart(4, "0")}`;
      const target = n % 4 === 0 ? { id: `e${n % 7}`, name: SEARCHED_NAMES[n % 7] ?? "" } : null;
      const end = ENDS[(n * 3) % 8];
      const expiresAt = end === undefined ? null : NOW + end;
      const name = SEARCHED_NAMES[(n * 5) % SEARCHED_NAMES.length] ?? "";
      await keys.insert(newKey(id, { name, createdAt, expiresAt, target }));
      await keys.insert(newKey(`b${id}`, { name, createdAt, organizationId: "bravo" }));
      if (n % 5 === 1) {
        await keys.revoke(id, NOW - 5);
      } else if (n % 5 === 2) {
        await keys.endAt(id, NOW + (n % 3) - 1, NOW - 5);
      }
    }
  });
  const ids = times.map((_, n) => `k${String(n).padStart(4, "0")}`);
  await store.record(
    ids.flatMap((keyId, n) => {
      const at = NOW - (AGES[(n * 7) % AGES.length] ?? 0);
      const refusal = { reason: "revoked", message: "m", address: null, executorId: null };
      return [
        ...(n % 3 === 0 ? [{ kind: "key-used", keyId, at } as const] : []),
        ...(n % 4 === 0
          ? [
              {
                kind: "key-refused",
                keyId,
                refusal: { ...refusal, at: NOW - 180_000 + (n % 3) - 1 },
              } as const,
            ]
          : []),
      ];
    }),
  );
}

/** What the filters mean. `refusedAt` is that of the key's last refusal. */
function matches(key: KeyRecord, filter: KeyFilter, refusedAt: number | undefined): boolean {
  const { id, name, fingerprint, target, expiresAt, createdAt, lastUsedAt } = key;
  const status = keyStatus(key, NOW);
  const isInUse = status === "active" && key.revokesAt === null;
  const usedAt = lastUsedAt ?? createdAt;
  const concerns = {
    refused: refusedAt !== undefined && refusedAt >= MOMENT.refusedSince,
    expiring: isInUse && expiresAt !== null && expiresAt <= NOW + 14 * DAY_MS,
    unused: isInUse && usedAt <= NOW - 90 * DAY_MS,
    old: isInUse && createdAt <= NOW - 90 * DAY_MS,
  };
  const { search } = filter;
  return (
    (search === null ||
      contains(name, search) ||
      id.startsWith(search) ||
      fingerprint.startsWith(search.toLowerCase())) &&
    (filter.status === null || filter.status === status) &&
    (filter.concern === null || concerns[filter.concern]) &&
    (filter.target === null ||
      target?.id === filter.target ||
      (target !== null && contains(target.name, filter.target))) &&
    (filter.expiresBefore === null || (expiresAt !== null && expiresAt < filter.expiresBefore)) &&
    (filter.usedBefore === null || usedAt < filter.usedBefore)
  );
}

const ORDERS: Readonly<Record<KeySort, (one: KeyRecord, other: KeyRecord) => number>> = {
  created: (one, other) => one.createdAt - other.createdAt,
  name: (one, other) => byText(one.name, other.name),
  expires: (one, other) => (one.expiresAt ?? Number.MAX_VALUE) - (other.expiresAt ?? Number.MAX_VALUE),
};

const orNull = <Value>(value: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: value });
const time = fc.constantFrom(...AGES.map((age) => NOW - age), ...ENDS.map((end) => NOW + end));
const fingerprint = Buffer.from(hashOf("k0007").slice(0, 6), "base64url").toString("hex");
const filters: fc.Arbitrary<KeyFilter> = fc.record({
  search: orNull(
    fc.constantFrom(...TEXTS, "k", "K0", "k001", fingerprint.toUpperCase(), fingerprint.slice(0, 3)),
  ),
  status: orNull(fc.constantFrom("active", "expired", "revoked")),
  concern: orNull(fc.constantFrom("refused", "expiring", "unused", "old")),
  target: orNull(fc.constantFrom(...TEXTS, "e0", "e1", "E0")),
  expiresBefore: orNull(time),
  usedBefore: orNull(time),
});

describe.each(engines)("keys in $name", (engine) => {
  let store: Store;
  /** All of them, in the order in which they were inserted. */
  let keys: readonly KeyRecord[];
  const refusals = new Map<string, number | undefined>();
  beforeAll(async () => {
    const database = await engine.newDatabase();
    store = await database.open();
    await fill(store);
    const all = await store.keys.list("acme", { ...KEY_PAGE, limit: 2 * ROWS, moment: MOMENT });
    keys = all.toReversed();
    for (const { id } of keys) {
      refusals.set(id, (await store.keys.refusal(id))?.at);
    }
    return () => database.remove();
  });

  const found = (filter: KeyFilter) => keys.filter((key) => matches(key, filter, refusals.get(key.id)));

  it("are listed newest first, those that are equally old by their id", () => {
    expect(keys.map(({ id }) => id)).toEqual(keys.map(({ id }) => id).toSorted());
    expect(keys).toHaveLength(ROWS);
  });

  it("are filtered, ordered, counted and paged as a search of everything would", async () => {
    const page = fc.record({
      filter: filters,
      sort: fc.constantFrom("created", "name", "expires"),
      isDescending: fc.boolean(),
      limit: fc.constantFrom(1, 3, 500),
      cursor: fc.constantFrom("before", "after", null),
      at: fc.nat(ROWS - 1),
    });
    await fc.assert(
      fc.asyncProperty(page, async ({ cursor, at, ...asked }) => {
        const id = keys[at]?.id ?? null;
        const given: KeyPage = {
          ...asked,
          moment: MOMENT,
          before: cursor === "before" ? id : null,
          after: cursor === "after" ? id : null,
        };
        const expected = found(given.filter);
        expect((await store.keys.list("acme", given)).map((key) => key.id)).toEqual(
          pageOf(keys, expected, ORDERS[given.sort], given),
        );
        expect(await store.keys.count("acme", given.filter, MOMENT)).toBe(expected.length);
      }),
      { numRuns: runs(250) },
    );
  });

  it("are counted for the overview as their lists are", async () => {
    const count = (filter: Partial<KeyFilter>) => found({ ...NO_KEY_FILTER, ...filter }).length;
    const health = await store.keys.health("acme", MOMENT);
    expect(health).toEqual({
      total: ROWS,
      active: count({ status: "active" }),
      refused: count({ concern: "refused" }),
      expiring: count({ concern: "expiring" }),
      unused: count({ concern: "unused" }),
      old: count({ concern: "old" }),
    });
    expect(Object.values(health).every((number) => number > 0)).toBe(true);
  });

  it("of another organization are no place to go on from", async () => {
    for (const cursor of [{ before: "bk0001" }, { after: "bk0001" }, { before: "nobody" }, { after: "" }]) {
      expect(await store.keys.list("acme", { ...KEY_PAGE, ...cursor })).toEqual([]);
    }
  });
});
