import { describe, expect, it } from "vitest";
import type { Transition } from "../../src/page/api/executors.ts";
import {
  timelineOf,
  timelineSummary,
  withPresent,
} from "../../src/page/executors/timeline/timeline-spans.ts";

function at(time: number, kind: Transition["kind"], cause: string | null = null): Transition {
  return { kind, at: time, cause, key: null, address: null };
}

const ONLINE = { isOnline: true, lastSyncAt: 100, stoppedAt: null };
const OFFLINE = { isOnline: false, lastSyncAt: 60, stoppedAt: null };

describe("withPresent", () => {
  it("adds that the executor stopped or fell silent, which is written only after the timeout", () => {
    const known = [at(50, "key_changed"), at(20, "online")];
    expect(withPresent(known, OFFLINE)).toEqual([at(60, "offline", "silent"), ...known]);
    expect(withPresent(known, { ...OFFLINE, stoppedAt: 70 })).toEqual([
      at(70, "offline", "stopped"),
      ...known,
    ]);
    expect(withPresent([at(20, "online")], { ...OFFLINE, lastSyncAt: 20, stoppedAt: 20 })).toEqual([
      at(20, "offline", "stopped"),
      at(20, "online"),
    ]);
  });

  it("adds nothing of one that is online, that is recorded as offline, or of which nothing is known", () => {
    const online = [at(20, "online")];
    expect(withPresent(online, ONLINE)).toBe(online);
    const offline = [at(60, "offline"), at(20, "online")];
    expect(withPresent(offline, OFFLINE)).toBe(offline);
    expect(withPresent([], OFFLINE)).toEqual([]);
    // It was heard before the oldest transition that is kept.
    expect(withPresent([at(80, "online")], OFFLINE)).toEqual([at(80, "online")]);
  });
});

describe("timelineOf", () => {
  it("is nothing without transitions", () => {
    expect(timelineOf([], ONLINE, 100)).toBeUndefined();
  });

  it("goes from the oldest transition to now, in spans of one state each", () => {
    const transitions = [
      at(80, "online"),
      at(60, "offline", "silent"),
      at(40, "key_changed"),
      at(20, "online"),
    ];
    expect(timelineOf(transitions, ONLINE, 100)).toEqual({
      from: 20,
      to: 100,
      spans: [
        { state: "online", from: 20, to: 60 },
        { state: "offline", from: 60, to: 80 },
        { state: "online", from: 80, to: 100 },
      ],
      marks: [at(40, "key_changed")],
    });
  });

  it("does not know what was before the first change, if older transitions were dropped", () => {
    const found = timelineOf([at(50, "offline"), at(30, "refused")], OFFLINE, 100);
    expect(found?.spans).toEqual([
      { state: "unknown", from: 30, to: 50 },
      { state: "offline", from: 50, to: 100 },
    ]);
  });

  it("ends with what the executor is, even if its last transition is not written yet", () => {
    expect(timelineOf([at(20, "online")], OFFLINE, 100)?.spans).toEqual([
      { state: "online", from: 20, to: 60 },
      { state: "offline", from: 60, to: 100 },
    ]);
    expect(timelineOf([at(20, "offline")], { ...ONLINE, lastSyncAt: 90 }, 100)?.spans.at(-1)).toEqual({
      state: "online",
      from: 90,
      to: 100,
    });
  });

  it("tells a stop of the agent from silence", () => {
    const transitions = [
      at(90, "offline", "stopped"),
      at(80, "online"),
      at(60, "offline", "silent"),
      at(50, "online"),
      at(40, "offline", "stopped"),
      at(20, "online"),
    ];
    const found = timelineOf(transitions, { ...OFFLINE, lastSyncAt: 89, stoppedAt: 90 }, 100);
    expect(found?.spans.map(({ state }) => state)).toEqual([
      "online",
      "stopped",
      "online",
      "offline",
      "online",
      "stopped",
    ]);
    expect(found && timelineSummary(found)).toMatch(/, 1 time offline, 2 times stopped, /);
  });

  it("ends with a stop that is not written yet, and with the silence that was written before one", () => {
    const stopped = { ...OFFLINE, stoppedAt: 70 };
    expect(timelineOf([at(50, "refused"), at(20, "online")], stopped, 100)?.spans.at(-1)).toEqual({
      state: "stopped",
      from: 70,
      to: 100,
    });
    expect(timelineOf([at(50, "refused")], stopped, 100)?.spans.at(-1)?.state).toBe("stopped");
    expect(timelineOf([at(60, "offline", "silent")], stopped, 100)?.spans.at(-1)?.state).toBe("offline");
  });

  it("has a length although the clocks differ, or everything happened now", () => {
    for (const now of [50, 100, 101]) {
      const found = timelineOf([at(100, "online")], ONLINE, now);
      expect(found?.to).toBeGreaterThan(found?.from ?? Number.NaN);
    }
  });
});

describe("timelineSummary", () => {
  it("says how long and how often, and 100 % only of an executor that was never offline", () => {
    const transitions = [at(995, "online"), at(994, "offline"), at(500, "refused"), at(0, "online")];
    const found = timelineOf(transitions, ONLINE, 1000);
    expect(found && timelineSummary(found)).toBe(
      "online for 99 % of the time, 1 time offline, 0 times stopped, 0 changes of the key, 1 refusal",
    );
    const never = timelineOf([at(0, "online")], ONLINE, 1000);
    expect(never && timelineSummary(never)).toMatch(/^online for 100 % of the time, 0 times offline/);
  });
});
