import { describe, expect, it } from "vitest";
import type { Activity } from "../../../../src/control-plane/store/contract/activity.ts";
import type { Store } from "../../../../src/control-plane/store/contract/store.ts";
import { RecentUses } from "../../../../src/control-plane/store/postgres/activity/recent-uses.ts";
import { KEY_PAGE } from "../../../support/control-plane/list-pages.ts";
import { databaseOf, type StoreEngine } from "../../../support/control-plane/store/engine.ts";
import { engines } from "../../../support/control-plane/store/engines.ts";
import { ACME, DECLARATION, newExecutor, newKey } from "../../../support/control-plane/store/new-records.ts";

const MINUTE_MS = 60_000;
type Sync = Extract<Activity, { kind: "synced" }>;

const synced = (keyId: string, at: number, executorId = "e"): Sync => ({
  kind: "synced",
  executorId,
  key: { id: keyId, name: keyId, fingerprint: "00000000" },
  declaration: DECLARATION,
  address: `from ${at}`,
  at,
});

/** With two keys and an executor. */
async function filledDatabase(engine: StoreEngine) {
  const database = await databaseOf(engine);
  const store = await database.open();
  await store.transaction(async ({ organizations, keys, executors }) => {
    await organizations.insert(ACME);
    await keys.insert(newKey("a"));
    await keys.insert(newKey("b"));
    await executors.insert(newExecutor("e"));
  });
  return { database, store };
}

async function lastUses(store: Store): Promise<Record<string, number>> {
  const uses = await store.executors.keyUses("e", 9);
  return Object.fromEntries(uses.map(({ key, lastUsedAt }) => [key.id, Number(lastUsedAt)]));
}

describe.each(engines)("the uses of an executor's keys in $name", (engine) => {
  it("are all known when it goes from one key to another and back within a minute", async () => {
    const { store } = await filledDatabase(engine);
    for (const [keyId, at] of [
      ["a", 1000],
      ["a", 2000],
      ["b", 3000],
      ["b", 4000],
      ["a", 5000],
      ["a", 6000],
    ] as const) {
      await store.record([synced(keyId, at)]);
    }
    expect(await lastUses(store)).toEqual({ a: 6000, b: 4000 });
  });
});

describe.each(engines.filter(({ name }) => name === "postgres"))("a use that $name has", (engine) => {
  it("is not asked for at each sync, but again after a minute", async () => {
    const { database, store } = await filledDatabase(engine);
    await store.record([synced("a", 1000)]);
    await database.sql(`delete from "executorKeyUsage"`);
    await store.record([synced("a", 1000 + MINUTE_MS)]);
    expect(await lastUses(store)).toEqual({});
    await store.record([synced("a", 1001 + MINUTE_MS)]);
    expect(await lastUses(store)).toEqual({ a: 1001 + MINUTE_MS });
  });
});

const online = (at: number) => ({ kind: "online", at, cause: null, address: null }) as const;

describe.each(engines)("the last use of a key in $name", (engine) => {
  const used = (at: number, isShown: boolean): Activity => ({ kind: "key-used", keyId: "a", at, isShown });
  const lastUse = async (store: Store) => (await store.keys.byId("a"))?.lastUsedAt;

  it("is that of the last sync or request, whichever shows it", async () => {
    const { store } = await filledDatabase(engine);
    await store.record([used(1000, true), synced("a", 1000)]);
    await store.record([used(2000, true), synced("a", 2000)]);
    expect(await lastUse(store)).toBe(2000);
    const listed = await store.keys.list("acme", KEY_PAGE);
    expect(listed.find(({ id }) => id === "a")).toMatchObject({ lastUsedAt: 2000 });
    await store.record([used(3000, false)]);
    expect(await lastUse(store), "by a request that is no sync").toBe(3000);
    await store.record([used(4000, true), synced("a", 4000)]);
    await store.record([synced("b", 5000)]);
    expect(await lastUse(store), "of a key that its executor has left").toBe(4000);
  });

  it("counts for its next refusal", async () => {
    const { store } = await filledDatabase(engine);
    await store.transaction(({ executors }) => executors.bind("e", { id: "a", lineageId: "a" }, "agent"));
    const refused = (at: number): Activity => ({
      kind: "key-refused",
      keyId: "a",
      refusal: { reason: "expired", message: "It has expired", address: null, executorId: null, at },
    });
    const refusals = async () =>
      (await store.executors.transitions("e")).filter(({ kind }) => kind === "refused").length;
    await store.record([{ kind: "moved", executorId: "e", transitions: [online(1000)] }]);
    await store.record([used(1000, true), synced("a", 1000)]);
    await store.record([refused(2000)]);
    await store.record([refused(3000)]);
    expect(await refusals()).toBe(1);
    await store.record([used(4000, true), synced("a", 4000)]);
    await store.record([{ kind: "moved", executorId: "e", transitions: [online(4000)] }]);
    await store.record([refused(5000)]);
    expect(await refusals()).toBe(2);
  });
});

describe("the uses that were written within a minute", () => {
  const at = 1_000_000;

  it("are those of the same executor and key, not older and not much newer", () => {
    const recent = new RecentUses();
    recent.begin(1);
    expect(recent.has("e", { keyId: "a", at })).toBe(false);
    recent.note("e", { keyId: "a", at });
    expect(recent.has("e", { keyId: "a", at })).toBe(true);
    expect(recent.has("e", { keyId: "a", at: at + MINUTE_MS })).toBe(true);
    expect(recent.has("e", { keyId: "a", at: at + MINUTE_MS + 1 })).toBe(false);
    expect(recent.has("e", { keyId: "a", at: at - 1 }), "the wall clock was set back").toBe(false);
    expect(recent.has("e", { keyId: "b", at })).toBe(false);
    expect(recent.has("other", { keyId: "a", at })).toBe(false);
    recent.note("e", { keyId: "b", at: at + 1 });
    expect(recent.has("e", { keyId: "a", at: at + 2 }), "it has another key now").toBe(false);
  });

  it("count from the one that was written", () => {
    const recent = new RecentUses();
    recent.begin(1);
    recent.note("e", { keyId: "a", at });
    recent.note("e", { keyId: "a", at: at + 30_000 });
    expect(recent.has("e", { keyId: "a", at: at + MINUTE_MS + 1 })).toBe(false);
  });

  it("are forgotten with the connection", () => {
    const recent = new RecentUses();
    recent.begin(1);
    recent.note("e", { keyId: "a", at });
    recent.begin(1);
    expect(recent.has("e", { keyId: "a", at })).toBe(true);
    recent.begin(2);
    expect(recent.has("e", { keyId: "a", at })).toBe(false);
  });

  it("are still known when others came much later, and not kept for good", () => {
    const recent = new RecentUses();
    recent.begin(1);
    recent.note("early", { keyId: "a", at });
    recent.note("late", { keyId: "a", at: at + MINUTE_MS });
    recent.note("later", { keyId: "a", at: at + MINUTE_MS + 1 });
    expect(recent.has("early", { keyId: "a", at: at + MINUTE_MS })).toBe(true);
    recent.note("last", { keyId: "a", at: at + 3 * MINUTE_MS });
    expect(recent.has("early", { keyId: "a", at }), "even by its own time").toBe(false);
  });
});
