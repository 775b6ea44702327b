import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { Presence } from "../../../src/control-plane/executors/presence/presence.ts";
import { ImmediatePresenceLog } from "../../../src/control-plane/executors/presence/presence-log.ts";
import type { ExecutorRecord } from "../../../src/control-plane/store/contract/executors.ts";

const TIMEOUT_MS = 30_000;
/** The wall clock is this far ahead of the monotonic one. */
const EPOCH = 1_800_000_000_000;

function presence() {
  const clock = { now: 0 };
  const lines: { readonly event: string; readonly msg: string }[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const moves: unknown[] = [];
  const here = new Presence(
    { timeoutMs: TIMEOUT_MS },
    logger,
    () => clock.now,
    new ImmediatePresenceLog(
      logger,
      (executorId, { kind, at, cause }) => void moves.push([executorId, kind, at, cause]),
    ),
  );
  const sync = (id = "e", instanceId = "a", isNew = false) => {
    const lastSyncAt = EPOCH + clock.now;
    const instance = { instanceId, hostName: `host ${instanceId}`, address: null, lastSyncAt, process: null };
    return here.sync({ id, name: `name of ${id}` }, instance, isNew).map((other) => other.instanceId);
  };
  const isOnline = (lastSyncAt: number | null = null, stoppedAt: number | null = null, id = "e") =>
    here.isOnline({ id, lastSyncAt, stoppedAt }, EPOCH + clock.now);
  const events = () => lines.map(({ event }) => event);
  return { clock, here, lines, events, moves, sync, isOnline };
}

function recordOf(id: string, lastSyncAt: number | null, stoppedAt: number | null = null): ExecutorRecord {
  return {
    id,
    organizationId: "o",
    name: `name of ${id}`,
    kind: "agent",
    createdAt: 0,
    lastSyncAt,
    stoppedAt,
    key: null,
    lastRefusal: null,
    version: "1",
    channel: "stable",
    hostName: "h",
    publicHost: null,
    capabilities: "{}",
    resources: "{}",
    damaged: [],
  };
}

describe("an executor that syncs here", () => {
  it("is online for exactly the timeout after its last sync", () => {
    const { clock, sync, isOnline } = presence();
    expect(isOnline()).toBe(false);
    sync();
    clock.now = 10_000;
    sync();
    clock.now = 10_000 + TIMEOUT_MS;
    expect(isOnline()).toBe(true);
    clock.now += 1;
    expect(isOnline()).toBe(false);
  });

  it("is offline by what this process knows, although the store has its time too", () => {
    const { clock, here, sync, isOnline } = presence();
    sync();
    clock.now = TIMEOUT_MS + 1;
    expect(isOnline(EPOCH)).toBe(false);
    here.sweep();
    expect(isOnline(EPOCH)).toBe(false);
    clock.now = 2;
    expect(isOnline(EPOCH), "after it was forgotten here").toBe(false);
  });

  it("is announced when it comes, goes, and comes again, each once", () => {
    const { clock, here, sync, events, lines, moves } = presence();
    sync("e", "a", true);
    sync("e", "a");
    clock.now = TIMEOUT_MS;
    here.sweep();
    expect(events()).toEqual(["executor.connected"]);
    clock.now += 1;
    here.sweep();
    here.sweep();
    sync("e", "a");
    expect(events()).toEqual(["executor.connected", "executor.disconnected", "executor.reconnected"]);
    expect(lines.map(({ msg }) => msg)).toEqual([
      "Executor name of e is online for the first time, from host host a (address unknown).",
      "Executor name of e is offline: it has not synced for 30 s. Its nodes are left alone.",
      "Executor name of e is online again, from host host a (address unknown).",
    ]);
    expect(moves).toEqual([
      ["e", "online", EPOCH, null],
      ["e", "offline", EPOCH, "silent"],
      ["e", "online", EPOCH + TIMEOUT_MS + 1, null],
    ]);
  });

  it("that comes back before the sweep has noticed its silence was away all the same", () => {
    const { clock, sync, events } = presence();
    sync();
    clock.now = TIMEOUT_MS + 1;
    sync();
    expect(events()).toEqual(["executor.reconnected", "executor.disconnected", "executor.reconnected"]);
  });

  it("counts while it is there", () => {
    const { clock, here, sync } = presence();
    sync("e");
    sync("f");
    expect(here.count).toBe(2);
    clock.now = TIMEOUT_MS + 1;
    sync("f");
    here.sweep();
    expect(here.count).toBe(1);
    here.forget("f");
    expect(here.count).toBe(0);
  });

  it("that was deleted is forgotten, and its silence is no event", () => {
    const { clock, here, sync, events, isOnline } = presence();
    sync();
    here.forget("e");
    clock.now = TIMEOUT_MS + 1;
    here.sweep();
    expect(events()).toEqual(["executor.reconnected"]);
    sync();
    clock.now = 2 * TIMEOUT_MS + 2;
    here.sweep();
    here.forget("e");
    // Of a new executor with this id nothing is known, so the store's time counts.
    expect(isOnline(EPOCH + TIMEOUT_MS + 2)).toBe(true);
  });
});

describe("an executor that syncs with another control plane on this database", () => {
  it("is online by the wall clock", () => {
    const { clock, isOnline } = presence();
    clock.now = 100_000;
    const now = EPOCH + clock.now;
    expect(isOnline(now - TIMEOUT_MS)).toBe(true);
    expect(isOnline(now - TIMEOUT_MS - 1)).toBe(false);
    expect(isOnline(now)).toBe(true);
    expect(isOnline(now + 1), "by a clock that is ahead").toBe(false);
    expect(isOnline(now - 1000, now - 1000), "stopped at its last sync").toBe(false);
    expect(isOnline(now - 1000, now - 1001), "stopped before its last sync").toBe(true);
  });

  it("is online there although it was here and went", () => {
    const { clock, here, sync, isOnline } = presence();
    sync();
    clock.now = TIMEOUT_MS + 1;
    expect(isOnline(EPOCH + 1)).toBe(true);
    here.sweep();
    expect(isOnline(EPOCH + 1)).toBe(true);
    expect(isOnline(EPOCH)).toBe(false);
  });

  it("has the later of the two times of its last sync", () => {
    const { clock, here, sync } = presence();
    expect(here.lastSyncAt(recordOf("e", null))).toBeNull();
    expect(here.lastSyncAt(recordOf("e", 7))).toBe(7);
    clock.now = 5;
    sync();
    expect(here.lastSyncAt(recordOf("e", null))).toBe(EPOCH + 5);
    expect(here.lastSyncAt(recordOf("e", EPOCH))).toBe(EPOCH + 5);
    expect(here.lastSyncAt(recordOf("e", EPOCH + 9))).toBe(EPOCH + 9);
  });
});

describe("after a wall clock that was set back by an hour", () => {
  const HOUR_MS = 3_600_000;
  const instance = { instanceId: "a", hostName: "h", address: null, process: null };
  const who = { id: "e", name: "e" };

  it("a time in the store that this process wrote before does not count as another's", () => {
    const { clock, here } = presence();
    const isOnline = (lastSyncAt: number) =>
      here.isOnline({ id: "e", lastSyncAt, stoppedAt: null }, EPOCH + 100);
    here.sync(who, { ...instance, lastSyncAt: EPOCH }, false);
    here.sync(who, { ...instance, lastSyncAt: EPOCH + 100 }, false);
    here.sync(who, { ...instance, lastSyncAt: EPOCH - HOUR_MS }, false);
    clock.now = TIMEOUT_MS + 1;
    expect(isOnline(EPOCH + 100)).toBe(false);
    here.sweep();
    expect(isOnline(EPOCH + 100)).toBe(false);
    here.sync(who, { ...instance, lastSyncAt: EPOCH - HOUR_MS + 1 }, false);
    clock.now *= 3;
    expect(isOnline(EPOCH + 100), "also after it came again").toBe(false);
    here.sweep();
    expect(isOnline(EPOCH + 100), "and went again").toBe(false);
    here.forget("e");
    expect(isOnline(EPOCH + 100), "of a new executor nothing is known").toBe(true);
  });
});

describe("a process that stops", () => {
  it("takes its executor offline if it was the only one, until one syncs", () => {
    const { clock, here, sync, isOnline } = presence();
    expect(here.signOff("e", "a", EPOCH)).toBe(false);
    sync();
    sync("e", "b");
    expect(here.hasStopped("e")).toBe(false);
    expect(here.signOff("e", "nobody", EPOCH + 1)).toBe(false);
    expect(here.signOff("e", "a", EPOCH + 1)).toBe(true);
    expect([here.hasStopped("e"), isOnline()]).toEqual([false, true]);
    clock.now = 2;
    expect(here.signOff("e", "b", EPOCH + 2)).toBe(true);
    expect([here.hasStopped("e"), isOnline()]).toEqual([true, false]);
    expect(here.stoppedAt(recordOf("e", null))).toBe(EPOCH + 2);
    sync("e", "c");
    expect([here.hasStopped("e"), isOnline()]).toEqual([false, true]);
    expect(here.stoppedAt(recordOf("e", EPOCH, EPOCH + 1))).toBeNull();
    expect(here.hasStopped("f")).toBe(false);
  });

  it("is known as stopped, and of its executor only", () => {
    const { clock, here, sync } = presence();
    expect(here.hasLeft("e", "a")).toBe(false);
    sync();
    sync("f", "b");
    here.signOff("e", "a", EPOCH);
    clock.now = TIMEOUT_MS;
    expect([here.hasLeft("e", "a"), here.hasLeft("e", "b"), here.hasLeft("f", "a")]).toEqual([
      true,
      false,
      false,
    ]);
    clock.now += 1;
    expect(here.hasLeft("e", "a")).toBe(false);
  });

  it("is told after the timeout, as a stop and with its time", () => {
    const { clock, here, sync, lines, moves } = presence();
    sync();
    here.signOff("e", "a", EPOCH + 7);
    clock.now = TIMEOUT_MS + 1;
    here.sweep();
    expect(lines.at(-1)).toMatchObject({
      event: "executor.disconnected",
      stoppedAt: EPOCH + 7,
      msg: "Executor name of e is offline: its agent was stopped. Its nodes are left alone.",
    });
    expect(moves.at(-1)).toEqual(["e", "offline", EPOCH + 7, "stopped"]);
    expect(here.stoppedAt(recordOf("e", EPOCH))).toBe(EPOCH + 7);
    clock.now = 0;
  });

  it("counts by the store if another control plane heard of it", () => {
    const { here } = presence();
    expect(here.stoppedAt(recordOf("e", 5, 5))).toBe(5);
    expect(here.stoppedAt(recordOf("e", 5, 4))).toBeNull();
    expect(here.stoppedAt(recordOf("e", 5, null))).toBeNull();
    expect(here.stoppedAt(recordOf("e", null, 4))).toBe(4);
  });
});

describe("the executors of an earlier process", () => {
  it("are missed after what is left of their timeout", () => {
    const { clock, here, events, isOnline } = presence();
    clock.now = 50_000;
    const now = EPOCH + clock.now;
    here.expect(
      [
        recordOf("recent", now - 10_000),
        recordOf("ahead", now + 60_000),
        recordOf("stopped", now - 10_000, now - 10_000),
        recordOf("restarted", now - 10_000, now - 11_000),
        recordOf("never", null, null),
      ],
      now,
    );
    expect(here.count).toBe(4);
    const ids = ["recent", "ahead", "stopped", "restarted", "never"];
    expect(ids.filter((id) => isOnline(null, null, id))).toEqual(["recent", "ahead", "restarted"]);
    clock.now += 20_000;
    here.sweep();
    expect(events()).toEqual(["executor.disconnected"]);
    expect(isOnline(null, null, "recent")).toBe(true);
    clock.now += 1;
    here.sweep();
    expect(events()).toHaveLength(3);
    clock.now += 9999;
    here.sweep();
    expect(isOnline(null, null, "ahead")).toBe(true);
    clock.now += 1;
    here.sweep();
    expect(events()).toHaveLength(4);
  });
});

describe("processes that take turns", () => {
  it("are listed and told once, until all but one are silent", () => {
    const { clock, here, sync, events } = presence();
    const both = () => [sync("e", "a"), sync("e", "b")];
    both();
    expect(here.duplicateIds()).toEqual([]);
    expect(both()).toEqual([["b"], ["a"]]);
    both();
    expect(here.duplicateIds()).toEqual(["e"]);
    expect(here.instances("e").map(({ instanceId }) => instanceId)).toEqual(["b", "a"]);
    expect(here.instances("f")).toEqual([]);
    clock.now = TIMEOUT_MS;
    sync("e", "a");
    clock.now += 1;
    sync("e", "a");
    expect(here.duplicateIds()).toEqual([]);
    expect(events()).toEqual(["executor.reconnected", "executor.duplicate", "executor.duplicate-gone"]);
  });

  it("are told to be over when one of them stops", () => {
    const { here, sync, events } = presence();
    for (const instanceId of ["a", "b", "a"]) {
      sync("e", instanceId);
    }
    here.signOff("e", "b", EPOCH);
    expect(events().at(-1)).toBe("executor.duplicate-gone");
    expect(here.duplicateIds()).toEqual([]);
  });
});

describe("processes of several control planes", () => {
  const elsewhere = (executorId: string, instanceId: string, lastSyncAt: number) => ({
    ...{ executorId, instanceId, lastSyncAt, hostName: `host ${instanceId}`, address: null, process: null },
  });

  it("are of no account for an executor that is only known from the store", () => {
    const { here } = presence();
    here.expect([recordOf("e", EPOCH)], EPOCH);
    here.heardElsewhere([elsewhere("e", "b", EPOCH + 5000), elsewhere("e", "a", EPOCH + 6000)]);
    expect(here.instances("e")).toEqual([]);
  });

  it("that take turns are told at once, also if neither of them comes here any more", () => {
    const { here, sync, events } = presence();
    sync("e", "a");
    here.heardElsewhere([elsewhere("e", "b", EPOCH + 5000), elsewhere("nobody", "b", EPOCH + 5000)]);
    expect(events()).not.toContain("executor.duplicate");
    here.heardElsewhere([elsewhere("e", "a", EPOCH + 6000)]);
    expect(events()).toContain("executor.duplicate");
    expect(here.duplicateIds()).toEqual(["e"]);
  });
});
