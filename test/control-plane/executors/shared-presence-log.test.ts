import { expect, it } from "vitest";
import type {
  Arrival,
  Departure,
  PresenceLog,
} from "../../../src/control-plane/executors/presence/presence-log.ts";
import { SharedPresenceLog } from "../../../src/control-plane/executors/presence/shared-presence-log.ts";
import { StoreUnavailable } from "../../../src/control-plane/store/contract/store.ts";

/** A log whose store says of executor `e` what `stored` holds; undefined: it was deleted. */
function scene() {
  const told: string[] = [];
  const log: PresenceLog = {
    arrived: ({ executor }) => void told.push(`${executor.id} came`),
    departed: ({ executor }) => void told.push(`${executor.id} went`),
  };
  const here = {
    now: 0,
    stored: { lastSyncAt: 1000, isOnline: null } as
      | { lastSyncAt: number | null; isOnline: boolean | null }
      | undefined,
    failure: undefined as Error | undefined,
    asked: 0,
  };
  const executors = {
    whereabouts: async (ids: readonly string[]) => {
      here.asked += 1;
      if (here.failure !== undefined) {
        throw here.failure;
      }
      const { stored } = here;
      return stored === undefined ? [] : ids.map((id) => ({ id, ...stored }));
    },
  };
  const shared = new SharedPresenceLog(log, executors, () => here.now);
  const settle = async (now: number) => {
    here.now = now;
    await shared.settle();
    return told.splice(0);
  };
  return { here, shared, settle };
}

const executor = { id: "e", name: "e" };
const instance = { instanceId: "a", hostName: "h", address: null, lastSyncAt: 1000, process: null };
const came = (isNew = false): Arrival => ({ executor, instance, isNew });
const WENT: Departure = {
  executor,
  lastSyncAt: 1000,
  latestSyncAt: 1000,
  stoppedAt: null,
  timeoutMs: 30_000,
};

it("tells a new executor at once", async () => {
  const { shared, settle } = scene();
  shared.arrived(came(true));
  expect(await settle(0)).toEqual(["e came"]);
});

it.each([
  ["was not there before", null, ["e came"]],
  ["went before", false, ["e came"]],
  ["is still there for all who look", true, []],
])("an executor that comes and %s", async (_what, isOnline, expected) => {
  const { here, shared, settle } = scene();
  here.stored = { lastSyncAt: 1000, isOnline };
  shared.arrived(came());
  expect(await settle(5999), "before others have written what they heard").toEqual([]);
  expect(await settle(6000)).toEqual(expected);
  expect(await settle(60_000)).toEqual([]);
});

it.each([
  ["was heard by nobody else", { lastSyncAt: 1000, isOnline: true }, ["e went"]],
  ["has an older time in the store", { lastSyncAt: null, isOnline: null }, ["e went"]],
  ["syncs with another control plane", { lastSyncAt: 1001, isOnline: true }, []],
  ["was missed by another control plane first", { lastSyncAt: 1000, isOnline: false }, []],
  ["was deleted", undefined, []],
])("an executor that is silent and %s", async (_what, stored, expected) => {
  const { here, shared, settle } = scene();
  here.stored = stored;
  shared.departed(WENT);
  expect(await settle(0)).toEqual(expected);
  expect(await settle(1)).toEqual([]);
});

it("an executor whose last sync came after the clock was set back is silent, not elsewhere", async () => {
  const { shared, settle } = scene();
  shared.departed({ ...WENT, lastSyncAt: 400 });
  expect(await settle(0)).toEqual(["e went"]);
});

it("an executor that comes back before its silence was told was never away, and the other way round", async () => {
  const { here, shared, settle } = scene();
  here.stored = { lastSyncAt: 1000, isOnline: true };
  here.failure = new StoreUnavailable("down");
  shared.departed(WENT);
  expect(await settle(0)).toEqual([]);
  here.failure = undefined;
  shared.arrived(came());
  expect(await settle(10_000)).toEqual([]);
  here.stored = { lastSyncAt: 1000, isOnline: false };
  shared.arrived(came());
  shared.departed(WENT);
  expect(await settle(20_000)).toEqual([]);
});

it("an executor that fell silent before its coming was told went, if the store has it online", async () => {
  const { here, shared, settle } = scene();
  here.stored = { lastSyncAt: 1000, isOnline: true };
  shared.arrived(came());
  shared.departed(WENT);
  expect(await settle(10_000)).toEqual(["e went"]);
});

it("what happens during a look at the store is judged by the next one", async () => {
  const { here, shared, settle } = scene();
  here.stored = { lastSyncAt: 1000, isOnline: true };
  shared.departed(WENT);
  const looking = settle(0);
  shared.arrived(came());
  shared.departed({ ...WENT, lastSyncAt: 2000 });
  expect(await looking).toEqual([]);
  expect(await settle(1)).toEqual(["e went"]);
});

it("waits while the store is down", async () => {
  const { here, shared, settle } = scene();
  here.failure = new StoreUnavailable("down");
  shared.arrived(came());
  shared.departed({ ...WENT, executor: { id: "f", name: "f" } });
  expect(await settle(10_000)).toEqual([]);
  here.failure = undefined;
  expect(await settle(11_000)).toEqual(["e came", "f went"]);
});

it("asks the store only about those who came or went", async () => {
  const { here, settle } = scene();
  expect(await settle(10_000)).toEqual([]);
  expect(here.asked).toBe(0);
});

it("hides no bug of the store", async () => {
  const { here, shared, settle } = scene();
  here.failure = new Error("a bug");
  shared.departed(WENT);
  await expect(settle(0)).rejects.toThrow("a bug");
});
