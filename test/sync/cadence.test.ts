import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pauseAfter } from "../../src/sync/cadence.ts";
import { type Connection, nextConnection } from "../../src/sync/connection.ts";
import { type SyncOutcome, unreachable } from "../../src/sync/sync-outcome.ts";
import { accepted, down, forbidden, refused, replyOf } from "../agent/loaded.ts";

const CHANCES = [0, 0.25, 0.5, 0.75, 0.999999];

function afterTimes(outcome: SyncOutcome, times: number): Connection {
  let connection: Connection = { kind: "connecting", since: 0 };
  for (let count = 0; count < times; count += 1) connection = nextConnection(connection, outcome, count);
  return connection;
}

function pauses(outcome: SyncOutcome, times: number, intervalMs = 5000): readonly number[] {
  const connection = afterTimes(outcome, times);
  return CHANCES.map((chance) => pauseAfter(connection, intervalMs, () => chance));
}

describe("accepted", () => {
  test("the interval, a twentieth to either side", () => {
    expect(Math.min(...pauses(accepted(), 1))).toBe(4750);
    expect(Math.max(...pauses(accepted(), 1))).toBeLessThanOrEqual(5250);
    expect(new Set(pauses(accepted(), 9)).size).toBe(CHANCES.length);
  });

  test.each([
    [1, 500],
    [10_000, 10_000],
    [Number.MAX_SAFE_INTEGER, 300_000],
  ])("what the control plane asks for, within bounds: %i ms is %i ms", (syncIntervalMs, expectedMs) => {
    const outcome = accepted(replyOf("k_1", { syncIntervalMs }));
    expect(pauseAfter(afterTimes(outcome, 1), 5000, () => 0.5)).toBeCloseTo(expectedMs, 0);
  });
});

describe("unreachable", () => {
  test("at the cap, an agent is back in half of the heartbeat timeout, and still none in step with another", () => {
    for (const times of [5, 50, 5000, 2 ** 31]) {
      const connection = { ...afterTimes(down(), 1), attempts: times };
      if (connection.kind !== "unreachable") expect.unreachable();
      else {
        const waits = CHANCES.map((chance) => pauseAfter(connection, 5000, () => chance));
        expect(Math.max(...waits)).toBeLessThan(15_000);
        expect(Math.max(...waits) / Math.min(...waits)).toBeGreaterThan(1.8);
      }
    }
  });

  test("a foreign refusal is asked as seldom as a refusal", () => {
    const foreign = unreachable("foreign-refusal", "somebody in between", { slow: true });
    expect(Math.min(...pauses(foreign, 20))).toBeGreaterThanOrEqual(30_000);
  });
});

describe.each([
  ["refused", refused()],
  ["forbidden", forbidden()],
])("%s", (_name, outcome) => {
  test("three quick tries, then towards a minute", () => {
    const means = [1, 2, 3, 4, 5, 6, 7, 30].map((times) =>
      pauseAfter(afterTimes(outcome, times), 5000, () => 0.5),
    );
    expect(means.slice(0, 3).reduce((sum, pause) => sum + pause)).toBeLessThan(8000);
    expect(means).toEqual([...means].sort((a, b) => a - b));
    expect(Math.max(...pauses(outcome, 99))).toBeLessThanOrEqual(60_000);
  });
});

test("whatever comes, the wait is a finite time that is neither a flood nor an agent that looks dead", () => {
  const outcomes = fc.oneof(
    fc.constantFrom(accepted(), refused(), forbidden(), down()),
    fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }).map((ms) => down(ms)),
    fc
      .integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
      .map((ms) => accepted(replyOf("k", { syncIntervalMs: ms }))),
  );
  fc.assert(
    fc.property(
      fc.array(outcomes, { minLength: 1, maxLength: 40 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (all, chance) => {
        let connection: Connection = { kind: "connecting", since: 0 };
        for (const [now, outcome] of all.entries()) connection = nextConnection(connection, outcome, now);
        const pause = pauseAfter(connection, 5000, () => chance);
        expect(pause).toBeGreaterThanOrEqual(450);
        expect(pause).toBeLessThanOrEqual(400_000);
      },
    ),
    { numRuns: 2000 },
  );
});
