import { describe, expect, it } from "vitest";
import type { Activity } from "../../../../src/control-plane/store/contract/activity.ts";
import type { InstanceDeclaration } from "../../../../src/control-plane/store/contract/executors.ts";
import type { Store } from "../../../../src/control-plane/store/contract/store.ts";
import { running } from "../../../support/control-plane/node-executor.ts";
import { databaseOf, type StoreEngine, storeOf } from "../../../support/control-plane/store/engine.ts";
import { engines } from "../../../support/control-plane/store/engines.ts";
import {
  ACME,
  DECLARATION,
  newExecutor,
  newKey,
  newNode,
} from "../../../support/control-plane/store/new-records.ts";

const KEY = { id: "k", name: "prod", fingerprint: "00000000" };
const FLEET = 10_000;

/** Adds a key and executors. They do not wait for each other. */
async function fill(store: Store, ids: readonly string[]): Promise<void> {
  await store.transaction(async ({ organizations, keys, executors }) => {
    await organizations.insert(ACME);
    await keys.insert(newKey("k", { name: "prod" }));
    await Promise.all(ids.map((id) => executors.insert(newExecutor(id))));
  });
}

/** A store with one key and one executor, bound to it, with a node. */
async function filledStore(engine: StoreEngine): Promise<Store> {
  const store = await storeOf(engine);
  await fill(store, ["e"]);
  await store.transaction(async ({ executors, nodes }) => {
    await executors.bind("e", { id: "k", lineageId: "k" }, "agent");
    await nodes.insert(newNode("n", { executorId: "e" }), "Olga");
  });
  return store;
}

const synced = (
  executorId: string,
  at: number,
  facts: Partial<typeof DECLARATION & InstanceDeclaration> = {},
): Activity => ({
  kind: "synced",
  executorId,
  key: KEY,
  declaration: { ...DECLARATION, ...facts },
  address: `from ${at}`,
  at,
});

const TIMES: readonly (readonly [
  what: string,
  activity: (at: number) => Activity,
  stored: (store: Store) => Promise<number | null | undefined>,
])[] = [
  [
    "the last use of a key",
    (at) => ({ kind: "key-used", keyId: "k", at }),
    async (store) => (await store.keys.byId("k"))?.lastUsedAt,
  ],
  [
    "the last sync of an executor",
    (at) => synced("e", at),
    async (store) => (await store.executors.byId("e"))?.lastSyncAt,
  ],
  [
    "the use of a key by an executor",
    (at) => synced("e", at),
    async (store) => (await store.keys.uses("k", 1))[0]?.lastUsedAt,
  ],
  [
    "the last refusal of a key",
    (at) => {
      const refusal = { reason: "revoked", message: "m", address: null, executorId: null, at };
      return { kind: "key-refused", keyId: "k", refusal };
    },
    async (store) => (await store.keys.refusal("k"))?.at,
  ],
  [
    "the stop of an executor",
    (at) => ({ kind: "stopped", executorId: "e", at }),
    async (store) => (await store.executors.byId("e"))?.stoppedAt,
  ],
  [
    "the last refusal of an executor",
    (at) => {
      const refusal = { key: KEY, reason: "other", message: "m", address: null, at };
      return { kind: "refused", executorId: "e", refusal };
    },
    async (store) => (await store.executors.byId("e"))?.lastRefusal?.at,
  ],
  ...[true, false].map((isWhole): (typeof TIMES)[number] => [
    isWhole ? "a whole report of nodes" : "a report of nodes",
    (at) => ({
      kind: "nodes-reported",
      executorId: "e",
      seen: 1,
      capabilitiesHash: null,
      capabilities: null,
      observed: new Map([["n", { ...running({ id: "n", name: "n", revision: 1 }), diskFreeBytes: at }]]),
      isWhole,
      at,
    }),
    async (store) => {
      const node = await store.nodes.byId("n");
      expect(node?.observed?.diskFreeBytes).toBe(node?.observedAt);
      return node?.observedAt;
    },
  ]),
];

describe.each(engines)("recorded in $name,", (engine) => {
  describe.each(TIMES)("%s", (_what, activity, stored) => {
    it("moves forward and never back, because another control plane may be ahead", async () => {
      const store = await filledStore(engine);
      for (const [at, expected] of [
        [2000, 2000],
        [1000, 2000],
        [3000, 3000],
      ] as const) {
        await store.record([activity(at)]);
        expect(await stored(store), `after ${at}`).toBe(expected);
      }
    });

    it("gives way if it is in the future: the clock was set back", async () => {
      const store = await filledStore(engine);
      await store.record([activity(Date.now() + 3_600_000)]);
      const now = Date.now() - 1000;
      await store.record([activity(now)]);
      expect(await stored(store)).toBe(now);
    });
  });

  it("what an executor declares is that of its latest sync, also where an older one comes later", async () => {
    const store = await filledStore(engine);
    await store.record([synced("e", 2000, { version: "2" }), synced("e", 1000, { version: "1" })]);
    expect(await store.executors.byId("e")).toMatchObject({ version: "2", lastSyncAt: 2000 });
    expect(await store.keys.uses("k", 9)).toMatchObject([
      { firstUsedAt: 2000, lastUsedAt: 2000, address: "from 2000" },
    ]);
  });

  it("activities of what was deleted are left out, and the others are written", async () => {
    const store = await filledStore(engine);
    const refusal = { reason: "revoked", message: "m", address: null, executorId: null, at: 1 };
    const move = { kind: "online", at: 1, cause: null, address: null } as const;
    await store.record([
      { kind: "key-used", keyId: "gone", at: 1 },
      synced("gone", 1),
      { kind: "refused", executorId: "gone", refusal: { ...refusal, key: KEY } },
      { kind: "key-refused", keyId: "gone", refusal },
      { kind: "stopped", executorId: "gone", at: 1 },
      { kind: "moved", executorId: "gone", transitions: [move] },
      {
        kind: "nodes-reported",
        executorId: "gone",
        seen: 1,
        capabilitiesHash: "hash",
        capabilities: { chains: [] },
        observed: new Map(),
        isWhole: true,
        at: 1,
      },
      synced("e", 5),
    ]);
    expect(await store.executors.byId("e")).toMatchObject({ lastSyncAt: 5 });
    expect(await store.keys.useCount("k")).toBe(1);
    expect(await store.executors.transitions("gone")).toEqual([]);
    expect(await store.keys.refusal("gone")).toBeUndefined();
    expect(await store.nodes.ofExecutor("gone")).toMatchObject({ seen: null, capabilitiesHash: null });
  });

  it("uses of a key outlive it", async () => {
    const store = await filledStore(engine);
    await store.transaction(({ keys }) => keys.delete("k"));
    await store.record([synced("e", 5)]);
    expect(await store.executors.keyUses("e", 9)).toMatchObject([{ key: KEY, lastUsedAt: 5 }]);
  });

  it("it is all or nothing", async () => {
    const store = await filledStore(engine);
    // A caller's bug that every engine refuses.
    const missing: unknown = undefined;
    const recorded = store.record([synced("e", 5), synced("e", 6, { version: missing as string })]);
    await expect(recorded).rejects.toThrow();
    expect(await store.executors.byId("e")).toMatchObject({ lastSyncAt: null });
  });

  it("10,000 rows are written at once, and two control planes may write the same in any order", async () => {
    const database = await databaseOf(engine);
    const [one, other] = [await database.open(), await database.open()];
    const ids = Array.from({ length: FLEET }, (_, n) => `e${String(n).padStart(5, "0")}`);
    await fill(one, ids);
    const uses = (at: number): Activity[] => [
      { kind: "key-used", keyId: "k", at },
      ...ids.map((id) => synced(id, at)),
    ];
    await one.record(uses(1));
    await Promise.all([
      one.record(uses(2)),
      other.record(uses(3).reverse()),
      one.record(uses(5).reverse()),
      other.record(uses(4)),
    ]);
    const written = await other.executors.syncedSince(5);
    expect(written).toHaveLength(FLEET);
    expect(new Set(written.map(({ lastSyncAt }) => lastSyncAt))).toEqual(new Set([5]));
    expect(await one.keys.byId("k")).toMatchObject({ lastUsedAt: 5 });
    expect(await one.keys.useCount("k")).toBe(FLEET);
  });

  it("none of it changes the revision, so that no control plane reads its keys again", async () => {
    const store = await filledStore(engine);
    const before = await store.revision();
    await store.record([{ kind: "key-used", keyId: "k", at: 7 }, synced("e", 7)]);
    expect(await store.revision()).toBe(before);
  });

  it("tells the last two processes of an executor, if several control planes use the database", async () => {
    const store = await filledStore(engine);
    await store.record([synced("e", 1000, { instanceId: "i1" })]);
    await store.record([synced("e", 2000, { instanceId: "i2", hostName: "other" })]);
    const two = [
      { executorId: "e", instanceId: "i1", hostName: "host", address: "from 1000", lastSyncAt: 1000 },
      { executorId: "e", instanceId: "i2", hostName: "other", address: "from 2000", lastSyncAt: 2000 },
    ].map((each) => expect.objectContaining(each));
    expect(await store.executors.lastTwoInstances(999)).toEqual(store.isShared ? two : []);
    expect(await store.executors.lastTwoInstances(1000), "the one before is too old").toEqual([]);
    await store.record([synced("e", 3000, { instanceId: "i2" })]);
    await store.record([synced("e", 2500, { instanceId: "i1" })]);
    const times = (await store.executors.lastTwoInstances(0)).map(({ lastSyncAt }) => lastSyncAt);
    expect(times, "an older one that comes later is left out").toEqual(store.isShared ? [1000, 3000] : []);
  });
});
