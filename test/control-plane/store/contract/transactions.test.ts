import { describe, expect, it } from "vitest";
import { ApiError } from "../../../../src/control-plane/api-error.ts";
import { LOCAL_OPERATOR } from "../../../../src/control-plane/audit/audit.ts";
import { createApiKeys } from "../../../../src/control-plane/keys/api-keys.ts";
import { join, openInvitation } from "../../../../src/control-plane/people/members/invitations.ts";
import { type Store, StoreUnavailable } from "../../../../src/control-plane/store/contract/store.ts";
import { databaseOf, type StoreEngine, storeOf } from "../../../support/control-plane/store/engine.ts";
import { engines } from "../../../support/control-plane/store/engines.ts";
import {
  ACME,
  newEvent,
  newExecutor,
  newKey,
  newPerson,
} from "../../../support/control-plane/store/new-records.ts";
import { runs } from "../../../support/runs.ts";

const AT = 1000;
const ROUNDS = runs(10);

/** Two stores on one database, as two control planes have them, with one organization. */
async function twoStores(engine: StoreEngine): Promise<readonly [Store, Store]> {
  const database = await databaseOf(engine);
  const stores = [await database.open(), await database.open()] as const;
  await stores[0].transaction(({ organizations }) => organizations.insert(ACME));
  return stores;
}

/** Does both at the same time; resolves with the errors of those that failed. */
async function failuresOf(works: readonly (() => Promise<unknown>)[]): Promise<readonly unknown[]> {
  const outcomes = await Promise.allSettled(works.map((work) => work()));
  return outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
}

describe.each(engines)("a transaction of $name", (engine) => {
  it("is there for everybody once it is acknowledged", async () => {
    const [one, other] = await twoStores(engine);
    for (let n = 0; n < ROUNDS; n += 1) {
      await one.transaction(({ keys }) => keys.insert(newKey(`k${n}`)));
      expect(await other.keys.byId(`k${n}`)).toMatchObject({ id: `k${n}` });
      expect(await one.keys.byId(`k${n}`)).toMatchObject({ id: `k${n}` });
    }
  });

  it("resolves with what its work resolves with", async () => {
    const store = await storeOf(engine);
    expect(await store.transaction(async () => "result")).toBe("result");
  });

  it("is seen by nobody before it is committed, and sees itself", async () => {
    const [one, other] = await twoStores(engine);
    await one.transaction(async (transaction) => {
      const { keys, executors, audit } = transaction;
      await keys.insert(newKey("k"));
      await executors.insert(newExecutor("e"));
      await executors.bind("e", { id: "k", lineageId: "k" }, "agent");
      await transaction.record([{ kind: "key-used", keyId: "k", at: 7 }]);
      await audit.insert(newEvent("a"));
      expect(await keys.byId("k")).toMatchObject({ lastUsedAt: 7 });
      expect(await executors.bound("acme", "e")).toMatchObject({ keyId: "k" });
      expect(await audit.eventsAfter(0, 9)).toHaveLength(1);
      for (const store of [one, other]) {
        expect(await store.keys.byId("k")).toBeUndefined();
        expect(await store.executors.bound("acme", "e")).toBeUndefined();
        expect(await store.audit.eventsAfter(0, 9)).toEqual([]);
      }
    });
    expect(await other.executors.bound("acme", "e")).toMatchObject({ keyId: "k" });
  });

  it("leaves nothing behind if its work rejects, and the next ones run", async () => {
    const [one, other] = await twoStores(engine);
    const failed = one.transaction(async (transaction) => {
      await transaction.keys.insert(newKey("k"));
      await transaction.audit.insert(newEvent("a"));
      await transaction.record([{ kind: "key-used", keyId: "k", at: 7 }]);
      throw new Error("on purpose");
    });
    const next = one.transaction(({ keys }) => keys.insert(newKey("next")));
    await expect(failed).rejects.toThrow("on purpose");
    await next;
    expect(await other.keys.byId("k")).toBeUndefined();
    expect(await other.keys.byId("next")).toBeDefined();
    expect(await other.audit.eventsAfter(0, 9)).toEqual([]);
  });

  it.each<[string, (store: Store) => Promise<unknown>]>([
    ["an id that exists", (store) => store.transaction(({ keys }) => keys.insert(newKey("k")))],
    [
      "an unknown executor",
      (store) =>
        store.transaction(({ executors }) =>
          executors.insert({ ...newExecutor("e"), organizationId: "nobody" }),
        ),
    ],
  ])("is refused as a whole for %s, which is no failure of the store", async (_what, work) => {
    const [store] = await twoStores(engine);
    await store.transaction(({ keys }) => keys.insert(newKey("k")));
    const refused = store.transaction(async (transaction) => {
      await transaction.audit.insert(newEvent("a"));
      await work({ ...store, transaction: (inner) => inner(transaction) });
    });
    await expect(refused).rejects.toSatisfy((error) => !(error instanceof StoreUnavailable));
    expect(await store.audit.eventsAfter(0, 9)).toEqual([]);
    await store.transaction(({ audit }) => audit.insert(newEvent("later")));
  });

  it("is never open beside another: no update is lost", async () => {
    const stores = await twoStores(engine);
    await stores[0].transaction(({ executors }) => executors.insert(newExecutor("e")));
    const increment = (store: Store) =>
      store.transaction(async ({ nodes }) => {
        const { changeNumber } = await nodes.ofExecutor("e");
        await nodes.setChangeNumber("e", { changeNumber: changeNumber + 1, lostChanges: 0 });
      });
    const works = Array.from({ length: 2 * ROUNDS }, (_, n) => () => increment(stores[n % 2 === 0 ? 0 : 1]));
    expect(await failuresOf(works)).toEqual([]);
    expect(await stores[1].nodes.ofExecutor("e")).toMatchObject({ changeNumber: 2 * ROUNDS });
  });

  it("is never open beside another: a key is bound to one executor alone", async () => {
    const stores = await twoStores(engine);
    for (let n = 0; n < ROUNDS; n += 1) {
      const [key, ids] = [`k${n}`, [`a${n}`, `b${n}`]] as const;
      await stores[0].transaction(async ({ keys, executors }) => {
        await keys.insert(newKey(key));
        for (const id of ids) {
          await executors.insert(newExecutor(id));
        }
      });
      const bindIfFree = (store: Store, id: string) =>
        store.transaction(async ({ executors }) => {
          const { executor } = await executors.lineageUse(key, id);
          if (executor === undefined) {
            await executors.bind(id, { id: key, lineageId: key }, "agent");
          }
        });
      const works = stores.map((store, index) => () => bindIfFree(store, ids[index] ?? ""));
      expect(await failuresOf(works)).toEqual([]);
      expect(await stores[0].keys.boundCount(key)).toBe(1);
    }
  });

  it("is never open beside another: a name is enrolled once", async () => {
    const stores = await twoStores(engine);
    for (let n = 0; n < ROUNDS; n += 1) {
      const enrol = (store: Store, id: string) =>
        store.transaction(async ({ executors }) => {
          if ((await executors.bound("acme", `name ${n}`)) === undefined) {
            await executors.insert(newExecutor(id, { name: `name ${n}` }));
          }
        });
      expect(await failuresOf(stores.map((store, index) => () => enrol(store, `${n} ${index}`)))).toEqual([]);
    }
    expect(await stores[0].executors.syncedSince(0)).toHaveLength(ROUNDS);
  });

  it("lets one of two rotations of a key succeed, and tells the other one", async () => {
    const stores = await twoStores(engine);
    for (let n = 0; n < ROUNDS; n += 1) {
      await stores[0].transaction(({ keys }) => keys.insert(newKey(`k${n}`)));
      const rotate = (store: Store) =>
        createApiKeys(store, () => AT).rotate(LOCAL_OPERATOR, `k${n}`, n % 2 === 0 ? undefined : AT + 1);
      const failures = await failuresOf(stores.map((store) => () => rotate(store)));
      expect(failures).toEqual([expect.any(ApiError)]);
      expect(failures).toMatchObject([{ code: "CONFLICT" }]);
      expect(await stores[1].keys.lineage(`k${n}`, 9)).toHaveLength(2);
    }
  });

  it("lets one of two acceptances of an invitation succeed", async () => {
    const stores = await twoStores(engine);
    await stores[0].transaction(async ({ people }) => {
      await people.insert(newPerson("olga"));
      await people.insertMember("acme", "olga", "owner", 0);
    });
    for (let n = 0; n < ROUNDS; n += 1) {
      const invited = [newPerson(`a${n}`), newPerson(`b${n}`)] as const;
      await stores[0].transaction(async ({ people }) => {
        const invitation = {
          organizationId: "acme",
          role: "member",
          inviterId: "olga",
          createdAt: 0,
        } as const;
        await people.insertInvitation({
          ...invitation,
          id: `i${n}`,
          email: "x@example.com",
          expiresAt: AT + 1,
        });
        await people.insert(invited[0]);
        await people.insert(invited[1]);
      });
      const accept = (store: Store, index: 0 | 1) =>
        store.transaction(async (transaction) => {
          const invitation = await openInvitation(transaction.people, `i${n}`, AT);
          await join(transaction, invitation, invited[index], AT);
        });
      const failures = await failuresOf([() => accept(stores[0], 0), () => accept(stores[1], 1)]);
      expect(failures).toMatchObject([{ code: "NOT_FOUND" }]);
      expect(await stores[1].people.countMembers("acme")).toBe(2 + n);
    }
  });
});
