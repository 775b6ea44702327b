import { describe, expect, it } from "vitest";
import { isArrived, progressOf } from "../../src/page/keys/rotation/arrival-progress.ts";

type Found = Parameters<typeof progressOf>[1];
const NEEDED = [
  { id: "1", name: "fra-1" },
  { id: "2", name: "ams-2" },
];

function use(id: string, name: string, firstUsedAt: number) {
  return { executor: { id, name, isDeleted: false }, firstUsedAt };
}

function bound(id: string, name: string) {
  return { id, name, status: "online" as const, lastSyncAt: 1, stoppedAt: null };
}

function found({
  now = [],
  before = [],
  onOld = [],
  hasOld = true,
}: {
  readonly now?: readonly ReturnType<typeof use>[];
  readonly before?: readonly ReturnType<typeof use>[];
  readonly onOld?: readonly ReturnType<typeof bound>[];
  readonly hasOld?: boolean;
}): Found {
  const old = {
    id: "old",
    name: "old",
    fingerprint: "0",
    status: "active" as const,
    revokesAt: null,
    usedNowCount: onOld.length,
  };
  return {
    key: { status: "active", usedNow: [...now], usedBefore: [...before], lastRefusal: null },
    old: hasOld ? old : null,
    onOld: [...onOld],
  };
}

function kindsOf(data: Found): readonly string[] {
  return progressOf(NEEDED, data).map(({ kind, executor }) => `${executor.name} ${kind}`);
}

describe("the progress of a new key", () => {
  it("waits for the executors that are on the old key", () => {
    const data = found({ now: [use("1", "fra-1", 7)], onOld: [bound("2", "ams-2")] });
    expect(kindsOf(data)).toEqual(["fra-1 arrived", "ams-2 waiting"]);
    expect(isArrived(progressOf(NEEDED, data))).toBe(false);
  });

  it("never goes backwards, whatever key an executor goes to afterwards", () => {
    const both = [use("1", "fra-1", 7), use("2", "ams-2", 9)];
    const later = found({ before: both });
    expect(kindsOf(later)).toEqual(["fra-1 left", "ams-2 left"]);
    expect(isArrived(progressOf(NEEDED, later))).toBe(true);
    const back = found({ now: both.slice(0, 1), before: both.slice(1), onOld: [bound("2", "ams-2")] });
    expect(progressOf(NEEDED, back)[1]).toEqual({
      kind: "left",
      executor: NEEDED[1],
      since: 9,
      isBack: true,
    });
    expect(isArrived(progressOf(NEEDED, back))).toBe(true);
  });

  it("does not wait for an executor that went to a third key, but nothing has arrived by that", () => {
    const data = found({});
    expect(kindsOf(data)).toEqual(["fra-1 elsewhere", "ams-2 elsewhere"]);
    expect(isArrived(progressOf(NEEDED, data))).toBe(false);
  });

  it("waits on where nothing is known of an old key", () => {
    expect(kindsOf(found({ hasOld: false }))).toEqual(["fra-1 waiting", "ams-2 waiting"]);
  });

  it("shows who comes without being needed", () => {
    const data = found({ now: [use("3", "lon-3", 8)], onOld: [bound("1", "fra-1"), bound("2", "ams-2")] });
    expect(kindsOf(data)).toEqual(["fra-1 waiting", "ams-2 waiting", "lon-3 arrived"]);
    expect(isArrived(progressOf([], found({ now: [use("3", "lon-3", 8)], hasOld: false })))).toBe(true);
    expect(isArrived(progressOf([], found({ hasOld: false })))).toBe(false);
  });
});
