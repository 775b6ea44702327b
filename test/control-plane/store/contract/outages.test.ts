import { describe, expect, it } from "vitest";
import { type Store, StoreUnavailable } from "../../../../src/control-plane/store/contract/store.ts";
import { cachedLookups } from "../../../../src/control-plane/store/revision-cache.ts";
import { databaseOf, type StoreEngine } from "../../../support/control-plane/store/engine.ts";
import { engines } from "../../../support/control-plane/store/engines.ts";
import { ACME, hashOf, newExecutor, newKey } from "../../../support/control-plane/store/new-records.ts";
import { eventually } from "../../../support/eventually.ts";

/** Two control planes that know the key `k` and its executor by heart. */
async function warmStores(engine: StoreEngine) {
  const database = await databaseOf(engine);
  const stores = [await database.open(), await database.open()] as const;
  await stores[0].transaction(async ({ organizations, keys, executors }) => {
    await organizations.insert(ACME);
    await keys.insert(newKey("k"));
    await executors.insert(newExecutor("e"));
    await executors.bind("e", { id: "k", lineageId: "k" }, "agent");
  });
  const lookups = stores.map((store) => cachedLookups(store));
  const look = async ({ keys, executors, nodes }: ReturnType<typeof cachedLookups>) => {
    const key = await keys.byHash(hashOf("k"));
    const bound = await executors.bound("acme", "e");
    await nodes.ofExecutor("e");
    return [key?.isEnabled, bound?.keyId];
  };
  const looks = () => lookups.map(look);
  for (let n = 0; n < 2; n += 1) {
    expect(await Promise.all(looks())).toEqual([
      [true, "k"],
      [true, "k"],
    ]);
  }
  return { database, stores, looks };
}

const CASES = engines.flatMap((engine) =>
  engine.outages.map((outage) => [engine.name, outage.name, engine, outage] as const),
);
const revoke = (store: Store) => store.transaction(({ keys }) => keys.revoke("k", 5));
const refused = { status: "rejected", reason: expect.any(StoreUnavailable) };

describe.each(CASES)("with %s, while %s", (_engine, _outage, engine, outage) => {
  it("nothing is changed, no sync is answered from memory, and it is over without a restart", {
    timeout: 120_000,
  }, async () => {
    const { database, stores, looks } = await warmStores(engine);
    const end = await outage.begin(database, stores);
    const change = revoke(stores[0]);
    // Its outcome is not known if the server ends in the middle of it.
    const record = stores[1].record([{ kind: "key-used", keyId: "k", at: 7 }]);
    expect(await Promise.allSettled([change, record])).toMatchObject([refused, refused]);
    if (outage.stopsReads) {
      expect(await Promise.allSettled([...looks(), ...looks()])).toMatchObject(Array(4).fill(refused));
    }
    await end();
    await eventually(async () => (await Promise.all(looks())).every(([isEnabled]) => isEnabled === true), {
      timeoutMs: 60_000,
      describe: "the key is known again, and not revoked",
    });
    await eventually(() => revoke(stores[0]).then(() => true), { describe: "the key is revoked" });
    expect(await Promise.all(looks())).toEqual([
      [false, "k"],
      [false, "k"],
    ]);
  });
});

describe.each(engines)("a store of $name that is closed", (engine) => {
  it("answers nothing and changes nothing", async () => {
    const { stores, looks } = await warmStores(engine);
    await stores[0].close();
    await expect(looks()[0]).rejects.toThrow(StoreUnavailable);
    await expect(revoke(stores[0])).rejects.toThrow(StoreUnavailable);
    await expect(stores[0].keys.byId("k")).rejects.toThrow(StoreUnavailable);
    await expect(stores[0].revision()).rejects.toThrow(StoreUnavailable);
    expect(await stores[1].keys.byId("k")).toMatchObject({ isEnabled: true });
  });

  it("has ended what was begun", async () => {
    const { stores } = await warmStores(engine);
    const revoked = revoke(stores[0]);
    await stores[0].close();
    await revoked;
    expect(await stores[1].keys.byId("k")).toMatchObject({ isEnabled: false });
  });
});
