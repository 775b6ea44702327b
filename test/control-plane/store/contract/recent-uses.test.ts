import { describe, expect, it } from "vitest";
import type { Activity } from "../../../../src/control-plane/store/contract/activity.ts";
import type { Store } from "../../../../src/control-plane/store/contract/store.ts";
import { RecentUses } from "../../../../src/control-plane/store/postgres/activity/recent-uses.ts";
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

describe("the uses that were written within a minute", () => {
  it("are those of the same executor and key, not older and not much newer", () => {
    const recent = new RecentUses();
    recent.begin(1);
    expect(recent.has(synced("a", 1000))).toBe(false);
    recent.note([synced("a", 1000)]);
    expect(recent.has(synced("a", 1000))).toBe(true);
    expect(recent.has(synced("a", 1000 + MINUTE_MS))).toBe(true);
    expect(recent.has(synced("a", 1001 + MINUTE_MS))).toBe(false);
    expect(recent.has(synced("a", 999)), "the wall clock was set back").toBe(false);
    expect(recent.has(synced("b", 1000))).toBe(false);
    expect(recent.has(synced("a", 1000, "other"))).toBe(false);
    recent.note([synced("b", 2000)]);
    expect(recent.has(synced("a", 2000)), "it has another key now").toBe(false);
  });

  it("count from the one that was written", () => {
    const recent = new RecentUses();
    recent.begin(1);
    recent.note([synced("a", 1000)]);
    recent.note([synced("a", 30_000)]);
    expect(recent.has(synced("a", 1001 + MINUTE_MS))).toBe(false);
  });

  it("are forgotten with the connection", () => {
    const recent = new RecentUses();
    recent.begin(1);
    recent.note([synced("a", 1000)]);
    recent.begin(1);
    expect(recent.has(synced("a", 1000))).toBe(true);
    recent.begin(2);
    expect(recent.has(synced("a", 1000))).toBe(false);
  });

  it("are still known when others came much later, and not kept for good", () => {
    const recent = new RecentUses();
    recent.begin(1);
    const at = 1_000_000;
    recent.note([synced("a", at, "early")]);
    recent.note([synced("a", at + MINUTE_MS, "late")]);
    recent.note([synced("a", at + MINUTE_MS + 1, "later")]);
    expect(recent.has(synced("a", at + MINUTE_MS, "early"))).toBe(true);
    recent.note([synced("a", at + 3 * MINUTE_MS, "last")]);
    expect(recent.has(synced("a", at, "early")), "even by its own time").toBe(false);
  });
});
