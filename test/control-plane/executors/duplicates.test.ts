import { describe, expect, it } from "vitest";
import { DuplicateDetector } from "../../../src/control-plane/executors/presence/duplicates.ts";

const TIMEOUT_MS = 30_000;

/** Plays syncs, one letter each, 2.5 s apart; what each was told of its duplicates. */
function play(
  turns: string,
  instances = new DuplicateDetector({ timeoutMs: TIMEOUT_MS }),
  startAt = 0,
): string[] {
  return [...turns].map((instanceId, turn) =>
    instances
      .sync(
        { instanceId, hostName: instanceId, address: null, lastSyncAt: 0, process: null },
        startAt + turn * 2500,
      )
      .map((other) => other.instanceId)
      .sort()
      .join(""),
  );
}

describe("duplicates of an executor", () => {
  it.each<[what: string, turns: string, told: string[]]>([
    ["one process", "AAA", ["", "", ""]],
    ["a restart", "AABBB", ["", "", "", "", ""]],
    ["two restarts", "AABBCC", ["", "", "", "", "", ""]],
    ["two that take turns", "ABAB", ["", "", "B", "A"]],
    ["a clone that starts later", "AAABAB", ["", "", "", "", "B", "A"]],
    ["three at once", "ABCABC", ["", "", "", "BC", "AC", "AB"]],
  ])("%s: %s", (_what, turns, told) => {
    expect(play(turns)).toEqual(told);
  });

  it("are gone once the other process has been silent for the heartbeat timeout", () => {
    const instances = new DuplicateDetector({ timeoutMs: TIMEOUT_MS });
    play("ABA", instances);
    expect(play("A", instances, 2500 + TIMEOUT_MS)).toEqual(["B"]);
    expect(play("A", instances, 2500 + TIMEOUT_MS + 1)).toEqual([""]);
  });

  it("shows the process that synced last, and its clone if there is one", () => {
    const restarted = new DuplicateDetector({ timeoutMs: TIMEOUT_MS });
    play("AAB", restarted);
    expect(restarted.current(5000).map(({ instanceId }) => instanceId)).toEqual(["B"]);
    const cloned = new DuplicateDetector({ timeoutMs: TIMEOUT_MS });
    play("ABA", cloned);
    expect(cloned.current(5000).map(({ instanceId }) => instanceId)).toEqual(["A", "B"]);
    expect(cloned.current(5000 + TIMEOUT_MS + 1)).toEqual([]);
  });

  it("knows no process that was silent for the timeout as one that stops", () => {
    const instances = new DuplicateDetector({ timeoutMs: TIMEOUT_MS });
    play("A", instances);
    expect(instances.leave("A", TIMEOUT_MS + 1)).toBe(false);
    play("A", instances);
    expect(instances.leave("A", TIMEOUT_MS)).toBe(true);
    expect(instances.isEmpty).toBe(true);
  });

  it("remembers who has stopped, for the timeout, and only the last sixteen", () => {
    const instances = new DuplicateDetector({ timeoutMs: TIMEOUT_MS });
    expect(instances.leave("A", 0)).toBe(false);
    expect(instances.hasLeft("A", 0), "nobody knew it").toBe(false);
    play("AB", instances);
    instances.leave("A", 5000);
    expect(instances.hasLeft("A", 5000 + TIMEOUT_MS)).toBe(true);
    expect(instances.hasLeft("A", 5000 + TIMEOUT_MS + 1)).toBe(false);
    expect(instances.hasLeft("B", 5000)).toBe(false);
    for (const instanceId of "CDEFGHIJKLMNOPQR") {
      play(instanceId, instances, 5000);
      instances.leave(instanceId, 5000);
    }
    expect([..."ACR"].map((instanceId) => instances.hasLeft(instanceId, 5000))).toEqual([false, true, true]);
  });

  it("does not hear from another control plane who has stopped", () => {
    const instances = new DuplicateDetector({ timeoutMs: TIMEOUT_MS });
    const other = (lastSyncAt: number) =>
      ({ instanceId: "A", hostName: "A", address: null, lastSyncAt, process: null }) as const;
    play("AB", instances);
    instances.leave("A", 5000);
    instances.heardElsewhere(other(60_000), 5000);
    expect(instances.duplicates()).toEqual([]);
    play("B", instances, 5000 + TIMEOUT_MS + 1);
    instances.heardElsewhere(other(60_000), 5000 + TIMEOUT_MS + 1);
    play("B", instances, 5000 + TIMEOUT_MS + 2);
    expect(instances.duplicates().map(({ instanceId }) => instanceId)).toEqual(["B", "A"]);
  });

  it("keeps those that synced last", () => {
    const instances = new DuplicateDetector({ timeoutMs: TIMEOUT_MS });
    const sync = (instanceId: string) =>
      instances.sync({ instanceId, hostName: "h", address: null, lastSyncAt: 0, process: null }, 0);
    for (let n = 0; n < 18; n += 1) {
      sync(String(n));
    }
    expect(instances.leave("1", 0)).toBe(false);
    expect(instances.leave("2", 0)).toBe(true);
    expect(instances.leave("17", 0)).toBe(true);
  });

  it("keeps a bounded number when a client invents instance ids", () => {
    const instances = new DuplicateDetector({ timeoutMs: TIMEOUT_MS });
    for (let round = 0; round < 2; round += 1) {
      for (let n = 0; n < 1000; n += 1) {
        instances.sync(
          { instanceId: String(n), hostName: "h", address: null, lastSyncAt: 0, process: null },
          0,
        );
      }
    }
    const self = { instanceId: "999", hostName: "h", address: null, lastSyncAt: 0, process: null };
    expect(instances.sync(self, 0).length).toBeLessThan(16);
    expect(instances.current(0).length).toBeLessThanOrEqual(16);
  });
});

describe("a process that syncs with another control plane", () => {
  const instance = (instanceId: string, lastSyncAt: number) => ({
    instanceId,
    hostName: "h",
    address: null,
    lastSyncAt,
    process: null,
  });
  const names = (instances: readonly { readonly instanceId: string }[]) =>
    instances.map(({ instanceId }) => instanceId);

  const beside = (...own: readonly number[]) => {
    const detector = new DuplicateDetector({ timeoutMs: TIMEOUT_MS });
    for (const [now, at] of own.entries()) {
      detector.sync(instance("a", at), now);
    }
    return detector;
  };

  it("is a duplicate once the process here syncs after it", () => {
    const detector = beside(1000);
    detector.heardElsewhere(instance("b", 5000), 1);
    expect(detector.duplicates()).toEqual([]);
    expect(names(detector.current(1))).toEqual(["b"]);
    expect(names(detector.sync(instance("a", 6000), 2))).toEqual(["b"]);
  });

  it("is none if it took the place of the one here, however often it is looked up", () => {
    const detector = beside(1000);
    detector.heardElsewhere(instance("b", 5000), 1);
    detector.heardElsewhere(instance("b", 5000), 2);
    detector.sync(instance("b", 6000), 3);
    detector.heardElsewhere(instance("a", 1000), 4);
    detector.sync(instance("b", 7000), 5);
    expect(detector.duplicates()).toEqual([]);
  });

  it("is none if the one here took its place, by clocks that differ by up to two seconds", () => {
    const detector = beside(1000, 6000);
    detector.heardElsewhere(instance("b", 3000), 2);
    detector.sync(instance("a", 11_000), 3);
    expect(names(detector.current(3))).toEqual(["a"]);
    detector.heardElsewhere(instance("b", 3001), 4);
    expect(names(detector.sync(instance("a", 16_000), 5)), "it went on").toEqual(["b"]);
  });

  it("is the one here, if that one has only been somewhere else since", () => {
    const detector = beside(1000);
    detector.heardElsewhere(instance("a", 2000), 1);
    expect(names(detector.current(2))).toEqual(["a"]);
    expect(detector.current(2)[0]?.lastSyncAt).toBe(2000);
    detector.heardElsewhere(instance("b", 5000), 3);
    expect(names(detector.sync(instance("a", 6000), 4)), "still counts as here").toEqual(["b"]);
  });

  it("tells two that both have gone elsewhere, and not one that took the other's place", () => {
    const gone = beside(1000);
    for (const [id, at] of [
      ["a", 6000],
      ["b", 8000],
    ] as const) {
      gone.heardElsewhere(instance(id, at), 1);
    }
    expect(gone.duplicates(), "b took a's place").toEqual([]);
    gone.heardElsewhere(instance("a", 11_000), 2);
    expect(names(gone.duplicates())).toEqual(["a", "b"]);
  });

  it("says nothing of an executor that has never synced here", () => {
    const detector = new DuplicateDetector({ timeoutMs: TIMEOUT_MS });
    detector.heardElsewhere(instance("b", 5000), 1);
    expect(detector.isEmpty).toBe(true);
  });

  it("is forgotten when nothing new is heard of it", () => {
    const detector = new DuplicateDetector({ timeoutMs: TIMEOUT_MS });
    detector.sync(instance("a", 1000), 0);
    detector.heardElsewhere(instance("b", 5000), 1);
    detector.sync(instance("a", 6000), TIMEOUT_MS);
    detector.heardElsewhere(instance("b", 5000), TIMEOUT_MS);
    expect(names(detector.sync(instance("a", 7000), TIMEOUT_MS + 2))).toEqual([]);
  });
});
