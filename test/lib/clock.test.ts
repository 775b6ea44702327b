import { describe, expect, it } from "vitest";
import { systemClock, utcTime } from "../../src/lib/clock.ts";
import { eventually } from "../support/eventually.ts";

/** A smaller difference is not followed; 2 ms more, because Date.now counts whole milliseconds. */
const SMALLEST_STEP_MS = 12;

describe("the clock", () => {
  it("is the wall's at first, and turns moments into wall time and back", async () => {
    // Not at once on a busy machine: the clock ignores two readings with a pause in between.
    const isRight = () => {
      const before = Date.now();
      const now = systemClock.now();
      const wall = systemClock.wall(now);
      const isBack = Math.abs(systemClock.fromWall(wall) - now) < 10;
      return isBack && wall > before - SMALLEST_STEP_MS && wall < Date.now() + SMALLEST_STEP_MS;
    };
    await eventually(isRight, { describe: "the time" });
  });

  it("gives a moment the same wall time each time it is asked", () => {
    const moment = systemClock.now();
    const times = new Set(Array.from({ length: 20_000 }, () => systemClock.wall(moment)));
    expect([...times]).toHaveLength(1);
  });

  it("does not step when the wall clock is set, and shows the new time", async () => {
    const { now: real } = Date;
    const before = systemClock.now();
    try {
      Date.now = () => real() + 86_400_000;
      expect(systemClock.now() - before).toBeLessThan(43_200_000);
      await eventually(() => systemClock.wall(systemClock.now()) - real() > 86_399_000, {
        describe: "the new time",
      });
      expect(systemClock.now() - before).toBeLessThan(43_200_000);
    } finally {
      Date.now = real;
    }
  });
});

describe("a time for people", () => {
  it("has its date and its zone, wherever the host is", () => {
    const zone = process.env["TZ"];
    try {
      process.env["TZ"] = "Asia/Kathmandu";
      expect(utcTime(Date.UTC(2026, 5, 1, 12, 3, 6, 999))).toBe("2026-06-01 12:03:06 UTC");
    } finally {
      if (zone === undefined) {
        delete process.env["TZ"];
      } else {
        process.env["TZ"] = zone;
      }
    }
  });

  it.each([Number.MAX_SAFE_INTEGER, Number.NaN, -1e300])("%d is no date", (at) => {
    expect(utcTime(at)).toBe("an impossible date");
  });

  it.each([-62_198_755_200_000, 253_402_300_800_000])("%d is a date of an unusual year", (at) => {
    expect(utcTime(at)).toMatch(/^[+-]\d{6}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
  });
});
