import { describe, expect, it } from "vitest";
import { type Turned, TurnTimes } from "../../../../src/agent/reconciler/decide/turn-times.ts";

const HOUR_MS = 3_600_000;
const AT_REST: Turned = { hasActed: false, isMoving: false, isWaiting: false };

/** Of a reconciler that began a day ago. */
function untilNext(turned: Partial<Turned>, intervalMs = HOUR_MS): number {
  return new TurnTimes(0).untilNext(24 * HOUR_MS, intervalMs, { ...AT_REST, ...turned });
}

describe("the time until the next turn", () => {
  it("is the interval at rest", () => {
    expect(untilNext({})).toBe(HOUR_MS);
  });

  it("is short after an action, as long as something moves", () => {
    const times = new TurnTimes(0);
    const now = 24 * HOUR_MS;
    expect(times.untilNext(now, HOUR_MS, { ...AT_REST, hasActed: true })).toBe(500);
    expect(times.untilNext(now + 19_000, HOUR_MS, { ...AT_REST, isMoving: true })).toBe(500);
    expect(times.untilNext(now + 19_000, HOUR_MS, AT_REST)).toBe(HOUR_MS);
  });

  it("is short after an end, for as long as systemd says how", () => {
    const times = new TurnTimes(0);
    const now = 24 * HOUR_MS;
    times.ended(now);
    expect(times.untilNext(now + 2000, HOUR_MS, AT_REST)).toBe(500);
    expect(times.untilNext(now + 3000, HOUR_MS, AT_REST)).toBe(HOUR_MS);
  });

  it.each([
    ["a process starts that systemd has restarted by itself, and does not answer yet", { isMoving: true }],
    ["systemd waits before it restarts a process", { isWaiting: true }],
  ])("is at most five seconds while %s, whatever the interval is", (_, turned) => {
    expect(untilNext(turned)).toBe(5000);
    expect(untilNext(turned, 1000)).toBe(1000);
  });
});
