import { describe, expect, it } from "vitest";
import type { Activity } from "../../../../src/control-plane/store/contract/activity.ts";
import type { NewTransition } from "../../../../src/control-plane/store/contract/executors.ts";
import type { StoreTransaction } from "../../../../src/control-plane/store/contract/store.ts";
import { type StoreEngine, storeOf } from "../../../support/control-plane/store/engine.ts";
import { engines } from "../../../support/control-plane/store/engines.ts";
import {
  ACME,
  DECLARATION,
  hashOf,
  newExecutor,
  newKey,
} from "../../../support/control-plane/store/new-records.ts";

const KEY = { id: "k", name: "k", fingerprint: "6b2d2d2d" };
const MOST_TRANSITIONS = 50;

/** The executor `e` is bound to the key `k`, has used it, and is the target of `t`. */
async function filled(engine: StoreEngine) {
  const store = await storeOf(engine);
  await store.transaction(async ({ organizations, keys, executors }) => {
    await organizations.insert(ACME);
    await keys.insert(newKey("k"));
    await keys.insert(newKey("other"));
    await executors.insert(newExecutor("e"));
    await executors.bind("e", { id: "k", lineageId: "k" }, "agent");
    await keys.insert(newKey("t", { target: { id: "e", name: "e" } }));
  });
  const refusal = { reason: "revoked", message: "m", address: null, at: 3 };
  await store.record([
    { kind: "synced", executorId: "e", key: KEY, declaration: DECLARATION, address: null, at: 2 },
    { kind: "key-refused", keyId: "k", refusal: { ...refusal, executorId: "e" } },
  ]);
  const move = (...transitions: readonly NewTransition[]) =>
    store.record([{ kind: "moved", executorId: "e", transitions }]);
  const timeline = async () =>
    (await store.executors.transitions("e")).map(({ kind, at, cause }) => `${kind} ${at} ${cause}`);
  return { store, move, timeline };
}

const transition = (kind: NewTransition["kind"], at: number, cause: string | null = null): NewTransition => ({
  kind,
  at,
  cause,
  address: null,
});

describe.each(engines)("keys and executors in $name:", (engine) => {
  it("a deleted key unbinds its executors, and their history keeps its name", async () => {
    const { store } = await filled(engine);
    await store.transaction(({ keys }) => keys.delete("k"));
    expect(await store.keys.byHash(hashOf("k"))).toBeUndefined();
    expect(await store.executors.bound("acme", "e")).toMatchObject({ keyId: null, lineageId: "k" });
    expect(await store.executors.byId("e")).toMatchObject({ key: null });
    expect(await store.executors.keyUses("e", 9)).toMatchObject([{ key: KEY, lastUsedAt: 2 }]);
    expect(await store.keys.refusal("k")).toBeUndefined();
  });

  it("a deleted executor is named by what it has used and what was made for it", async () => {
    const { store } = await filled(engine);
    await store.transaction(({ executors }) => executors.delete("e"));
    const executor = { id: "e", name: "e", isDeleted: true };
    expect(await store.keys.uses("k", 9)).toMatchObject([{ executor, lastUsedAt: 2 }]);
    expect(await store.keys.usesBefore("k", 9)).toMatchObject([{ executor }]);
    expect(await store.keys.usesNow("k", 9)).toEqual([]);
    expect(await store.keys.byId("t")).toMatchObject({ target: executor });
    expect(await store.executors.transitions("e")).toEqual([]);
    expect(await store.keys.byId("k")).toMatchObject({ isEnabled: true });
  });

  it("a revocation and a grace are stored beside each other", async () => {
    const { store } = await filled(engine);
    await store.transaction(async ({ keys }) => {
      await keys.endAt("k", 90, 5);
      await keys.revoke("other", 7);
    });
    expect(await store.keys.byId("k")).toMatchObject({ isEnabled: true, revokesAt: 90, revokedAt: null });
    expect(await store.keys.byId("other")).toMatchObject({ isEnabled: false, revokesAt: null, revokedAt: 7 });
    await store.transaction(({ keys }) => keys.revoke("k", 8));
    expect(await store.keys.byId("k")).toMatchObject({ isEnabled: false, revokesAt: 90, revokedAt: 8 });
  });

  it("the neighbours of keys that are equally old are those beside them in the lineage", async () => {
    const { store } = await filled(engine);
    const ids = ["l1", "l2", "l3", "l4"];
    await store.transaction(async ({ keys }) => {
      for (const id of ids) {
        await keys.insert(newKey(id, { lineageId: "l1", createdAt: 5 }));
      }
    });
    for (const [n, id] of ids.entries()) {
      const { successor, predecessor } = await store.keys.neighbours({ id, lineageId: "l1" });
      expect([predecessor?.id, successor?.id]).toEqual([ids[n - 1], ids[n + 1]]);
      expect(await store.keys.hasSuccessor({ id, lineageId: "l1" })).toBe(n < 3);
    }
    expect((await store.keys.lineage("l1", 9)).map(({ id }) => id)).toEqual(ids.toReversed());
    expect(await store.keys.newestOfLineage("l1")).toMatchObject({ id: "l4" });
  });

  it("the keys of an executor are those that serve it alone, without revoked ones", async () => {
    const { store } = await filled(engine);
    const own = async (now = 10) => (await store.keys.ofExecutor("e", now)).map(({ id }) => id);
    await store.transaction(async ({ keys }) => {
      await keys.insert(newKey("k2", { lineageId: "k", createdAt: 1 }));
      await keys.insert(newKey("k3", { lineageId: "k", createdAt: 2 }));
      await keys.revoke("k3", 5);
      await keys.endAt("k", 20, 5);
    });
    expect(await own()).toEqual(["k", "t", "k2"]);
    expect(await own(20)).toEqual(["t", "k2"]);
    await store.transaction(async ({ executors }) => {
      await executors.insert(newExecutor("e2"));
      await executors.bind("e2", { id: "k2", lineageId: "k" }, "agent");
    });
    expect(await own()).toEqual(["t"]);
  });

  it("every change of what syncs ask moves the revision, at each control plane", async () => {
    const { store } = await filled(engine);
    const changes: readonly ((transaction: StoreTransaction) => Promise<void>)[] = [
      ({ keys }) => keys.endAt("k", 90, 5),
      ({ keys }) => keys.revoke("k", 5),
      ({ executors }) => executors.bind("e", { id: "other", lineageId: "other" }, "agent"),
      ({ executors }) => executors.bind("e", { id: "other", lineageId: "other" }, "operator"),
      ({ keys }) => keys.delete("other"),
      ({ executors }) => executors.delete("e"),
    ];
    for (const change of changes) {
      const before = await store.revision();
      expect(await store.revision()).toBe(before);
      await store.transaction(change);
      expect(await store.revision()).not.toBe(before);
    }
  });
});

describe.each(engines)("the timeline of an executor in $name", (engine) => {
  it("has what happened, newest first, with the key that it was bound to", async () => {
    const { store, move, timeline } = await filled(engine);
    await move(transition("online", 5), transition("offline", 5, "stopped"), transition("key_changed", 5));
    expect(await timeline()).toEqual([
      "offline 5 stopped",
      "key_changed 5 null",
      "online 5 null",
      "refused 3 revoked",
    ]);
    expect((await store.executors.transitions("e"))[0]?.key).toEqual(KEY);
    await store.transaction(({ keys }) => keys.delete("k"));
    await move(transition("offline", 6, "silent"));
    const [newest, before] = await store.executors.transitions("e");
    expect([newest?.key, before?.key]).toEqual([null, KEY]);
  });

  it("has the first refusal in a row alone", async () => {
    const { store, move, timeline } = await filled(engine);
    const refused = (at: number): Activity => {
      const refusal = { key: KEY, reason: "other", message: "m", address: null, at };
      return { kind: "refused", executorId: "e", refusal };
    };
    await store.record([refused(4), refused(5)]);
    expect(await timeline()).toEqual(["refused 3 revoked"]);
    await move(transition("online", 6));
    await store.record([refused(7), refused(8)]);
    expect(await timeline()).toEqual(["refused 7 other", "online 6 null", "refused 3 revoked"]);
  });

  it("is written once, however often the same is recorded", async () => {
    const { move, timeline } = await filled(engine);
    await move(transition("online", 6), transition("online", 6));
    await move(transition("online", 6));
    expect(await timeline()).toEqual(["online 6 null", "refused 3 revoked"]);
  });

  it("keeps the last fifty", async () => {
    const { move, timeline } = await filled(engine);
    for (let at = 10; at < 80; at += 2) {
      await move(transition("online", at), transition("offline", at + 1, "silent"));
    }
    const kept = await timeline();
    expect(kept).toHaveLength(MOST_TRANSITIONS);
    expect([kept[0], kept.at(-1)]).toEqual(["offline 79 silent", "online 30 null"]);
  });

  it("has the silence that began while no control plane ran", async () => {
    const { store, move, timeline } = await filled(engine);
    await move(transition("online", 2));
    await store.record([{ kind: "started", before: 2 }]);
    expect(await timeline()).toEqual(["refused 3 revoked", "online 2 null"]);
    await store.record([{ kind: "started", before: 3 }]);
    await store.record([{ kind: "started", before: 4 }]);
    expect(await timeline()).toEqual(["refused 3 revoked", "offline 2 silent", "online 2 null"]);
    await move(transition("online", 5));
    await store.record([
      { kind: "stopped", executorId: "e", at: 6 },
      { kind: "started", before: 0 },
    ]);
    expect((await timeline())[0]).toBe("offline 6 stopped");
  });
});
