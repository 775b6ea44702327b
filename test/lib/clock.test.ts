import { describe, expect, it } from "vitest";
import { dateAndMinute, systemClock, timeOfDay } from "../../src/lib/clock.ts";

describe("the clock", () => {
  it("is the wall's at first, and turns moments into wall time and back", () => {
    const now = systemClock.now();
    expect(Math.abs(systemClock.wall(now) - Date.now())).toBeLessThan(1000);
    expect(Math.abs(systemClock.fromWall(systemClock.wall(now)) - now)).toBeLessThan(50);
  });

  it("does not step when the wall clock is set, and shows the new time", () => {
    const { now: real } = Date;
    const before = systemClock.now();
    try {
      Date.now = () => real() + 86_400_000;
      expect(systemClock.now() - before).toBeLessThan(1000);
      expect(systemClock.wall(systemClock.now()) - real()).toBeGreaterThan(86_399_000);
    } finally {
      Date.now = real;
    }
  });
});

describe("for people", () => {
  const noon = new Date(2026, 5, 1, 12, 3, 6).getTime();

  it("the time alone today, with its date on another day", () => {
    expect(timeOfDay(noon, noon + 3_600_000)).toBe("12:03:06");
    expect(timeOfDay(noon, noon + 86_400_000)).toBe("2026-06-01 12:03:06");
    expect(dateAndMinute(noon)).toBe("2026-06-01 12:03");
  });

  it.each([Number.MAX_SAFE_INTEGER, Number.NaN, -1e300])(
    "a moment that no calendar has (%d) is called so",
    (at) => {
      expect(timeOfDay(at, noon)).toContain("an impossible date");
      expect(dateAndMinute(at)).toContain("an impossible date");
    },
  );
});
