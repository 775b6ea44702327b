import { describe, expect, it } from "vitest";
import type { PresentedKey } from "../../../../src/control-plane/store/contract/keys.ts";
import type { Store, StoreTransaction } from "../../../../src/control-plane/store/contract/store.ts";
import { cachedLookups } from "../../../../src/control-plane/store/revision-cache.ts";
import { databaseOf, type StoreEngine } from "../../../support/control-plane/store/engine.ts";
import { engines } from "../../../support/control-plane/store/engines.ts";
import { ACME, hashOf, newExecutor, newKey } from "../../../support/control-plane/store/new-records.ts";
import { runs } from "../../../support/runs.ts";

const LANES = 32;
/** Of each lane: on average before the change, and at least after it was acknowledged. */
const LOOKS = 2;
/** Of each kind of change; more in `npm run test:long`. */
const TRIALS = runs(20);

/** What a sync on the other control plane sees of the executor `e` and its key. */
interface Seen {
  readonly key: PresentedKey | undefined;
  readonly boundTo: string | null | undefined;
}

interface Change {
  readonly what: string;
  make(transaction: StoreTransaction, id: string): Promise<void>;
  isOld(seen: Seen): boolean;
}

const CHANGES: readonly Change[] = [
  {
    what: "was revoked",
    make: ({ keys }, id) => keys.revoke(id, 5),
    isOld: ({ key }) => key?.isEnabled !== false,
  },
  {
    what: "got a grace",
    make: ({ keys }, id) => keys.endAt(id, 9, 5),
    isOld: ({ key }) => key?.revokesAt !== 9,
  },
  {
    what: "was deleted",
    make: ({ keys }, id) => keys.delete(id),
    isOld: ({ key }) => key !== undefined,
  },
  {
    what: "lost its executor to another key",
    make: ({ executors }) => executors.bind("e", { id: "other", lineageId: "other" }, "agent"),
    isOld: ({ boundTo }) => boundTo !== "other",
  },
];

type Lookups = ReturnType<typeof cachedLookups>;

/** Two control planes on one database; the second one answers syncs with `lookups`. */
async function scene(engine: StoreEngine, lookupsOf: (store: Store) => Lookups) {
  const database = await databaseOf(engine);
  const [one, other] = [await database.open(), await database.open()];
  await one.transaction(async ({ organizations, keys, executors }) => {
    await organizations.insert(ACME);
    await keys.insert(newKey("other"));
    await executors.insert(newExecutor("e"));
  });
  const lookups = lookupsOf(other);
  const look = async (id: string): Promise<Seen> => {
    const key = await lookups.keys.byHash(hashOf(id));
    return { key, boundTo: (await lookups.executors.bound("acme", "e"))?.keyId };
  };
  return { store: one, look };
}

/**
 * Lanes of syncs keep the memory of a control plane warm while a change is made through the other
 * one. Resolves with how many looks that began after the change was acknowledged saw what was
 * before. With `isKnown`, no lane still reads the database for the first time at the change.
 */
async function staleLooks(
  { store, look }: Awaited<ReturnType<typeof scene>>,
  { make, isOld }: Change,
  id: string,
  { isKnown = false } = {},
): Promise<number> {
  await store.transaction(async ({ keys, executors }) => {
    await keys.insert(newKey(id));
    await executors.bind("e", { id, lineageId: id }, "agent");
  });
  if (isKnown) {
    await look(id);
  }
  const warm = Promise.withResolvers<void>();
  let isAcknowledged = false;
  let [warmLooks, stale] = [0, 0];
  const lane = async () => {
    for (let later = 0; later < LOOKS; ) {
      const isLater = isAcknowledged;
      const wasOld = isOld(await look(id));
      later += isLater ? 1 : 0;
      stale += isLater && wasOld ? 1 : 0;
      warmLooks += !isLater && wasOld ? 1 : 0;
      if (warmLooks >= LOOKS * LANES) {
        warm.resolve();
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const lanes = Array.from({ length: LANES }, lane);
  await warm.promise;
  await store.transaction((transaction) => make(transaction, id));
  isAcknowledged = true;
  stale += isOld(await look(id)) ? 1 : 0;
  await Promise.all(lanes);
  return stale;
}

describe.each(engines)("with $name, a key that", (engine) => {
  it.each(CHANGES)(
    "$what is seen so by every sync that begins later, at another control plane",
    async (change) => {
      const both = await scene(engine, cachedLookups);
      for (let trial = 0; trial < TRIALS; trial += 1) {
        expect({ trial, stale: await staleLooks(both, change, `k${trial}`) }).toEqual({ trial, stale: 0 });
      }
    },
  );

  it.each(CHANGES)("$what would be seen as before without a look at the revision", async (change) => {
    const unchanged = { revision: async () => "always the same", changes: () => undefined };
    const both = await scene(engine, ({ keys, executors, nodes }) =>
      cachedLookups({ keys, executors, nodes, ...unchanged }),
    );
    expect(await staleLooks(both, change, "k", { isKnown: true })).toBeGreaterThan(LANES);
  });
});
