import { describe, expect, it } from "vitest";
import { cachedLookups } from "../../../../src/control-plane/store/revision-cache.ts";
import { databaseOf, type StoreEngine } from "../../../support/control-plane/store/engine.ts";
import { engines } from "../../../support/control-plane/store/engines.ts";
import {
  ACME,
  hashOf,
  newExecutor,
  newKey,
  newNode,
} from "../../../support/control-plane/store/new-records.ts";

/** Two control planes on one database, each of which has seen an executor bound to a key. */
async function twoControlPlanes(engine: StoreEngine) {
  const database = await databaseOf(engine);
  const stores = [await database.open(), await database.open()] as const;
  await stores[0].transaction(async ({ organizations, keys, executors }) => {
    await organizations.insert(ACME);
    await keys.insert(newKey("k"));
    await keys.insert(newKey("k2"));
    await executors.insert(newExecutor("e"));
    await executors.bind("e", { id: "k", lineageId: "k" }, "agent");
  });
  const lookups = stores.map((store) => cachedLookups(store));
  /** What a sync at each of them sees. */
  const look = () =>
    Promise.all(
      lookups.map(async ({ keys, executors, nodes }) => {
        const key = await keys.byHash(hashOf("k"));
        const bound = await executors.bound("acme", "e");
        const own = await nodes.ofExecutor("e");
        return {
          isEnabled: key?.isEnabled,
          in: key?.organization.name,
          keyId: bound?.keyId,
          nodes: own.nodes.length,
        };
      }),
    );
  await look();
  expect(await look()).toEqual([BEFORE, BEFORE]);
  return { database, stores, look };
}

const BEFORE = { isEnabled: true, in: "Acme", keyId: "k", nodes: 0 };

describe.each(engines)("what syncs see in $name", (engine) => {
  it("stays as it was while a transaction is open, and after one that failed", async () => {
    const { stores, look } = await twoControlPlanes(engine);
    const failed = stores[0].transaction(async ({ keys }) => {
      await keys.revoke("k", 5);
      expect(await look()).toEqual([BEFORE, BEFORE]);
      throw new Error("on purpose");
    });
    await expect(failed).rejects.toThrow("on purpose");
    expect(await look()).toEqual([BEFORE, BEFORE]);
  });

  it("is new after a commit, also where it was asked for while the transaction was open", async () => {
    const { stores, look } = await twoControlPlanes(engine);
    await stores[1].transaction(async ({ keys, executors, nodes }) => {
      await keys.revoke("k", 5);
      await executors.bind("e", { id: "k2", lineageId: "k2" }, "agent");
      await nodes.insert(newNode("n", { executorId: "e" }), "Olga");
      await nodes.setChangeNumber("e", { changeNumber: 1, lostChanges: 0 });
      expect(await look()).toEqual([BEFORE, BEFORE]);
    });
    const after = { ...BEFORE, isEnabled: false, keyId: "k2", nodes: 1 };
    expect(await look()).toEqual([after, after]);
  });

  it.each([
    ["an organization's name", `update "organization" set "name" = 'Globex'`, { in: "Globex" }],
    ["a key", `delete from "apikey" where "id" = 'k'`, { isEnabled: undefined, in: undefined, keyId: null }],
    ["an executor", `update "executor" set "keyId" = 'k2' where "id" = 'e'`, { keyId: "k2" }],
    ["an executor's id", `delete from "executor" where "id" = 'e'`, { keyId: undefined }],
  ])("is new after another program has changed %s", async (_what, statement, change) => {
    const { database, look } = await twoControlPlanes(engine);
    await database.sql(statement);
    const after = { ...BEFORE, ...change };
    expect(await look()).toEqual([after, after]);
  });
});
