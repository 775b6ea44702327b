import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type SyncOutcome, unreachable } from "../../../src/agent/sync/answer/sync-outcome.ts";
import { pauseAfter, pauseAtRestart, restartSpreadOf } from "../../../src/agent/sync/cadence.ts";
import { nextSyncState, type SyncState } from "../../../src/agent/sync/sync-state.ts";
import { AGENT, simulateHerd } from "../../bench/herd-simulation.ts";
import { accepted, down, forbidden, refused } from "../../support/agent/loaded.ts";
import { seededRandom } from "../../support/agent/simulation.ts";
import { runs } from "../../support/runs.ts";

const CHANCES = [0, 0.25, 0.5, 0.75, 0.999999];

function afterTimes(outcome: SyncOutcome, times: number): SyncState {
  let sync: SyncState = { kind: "connecting", since: 0 };
  for (let count = 0; count < times; count += 1) {
    sync = nextSyncState(sync, outcome, count);
  }
  return sync;
}

/** Nobody has asked for another interval. */
const OWN = { intervalMs: 5000, askedMs: null };

function pauses(outcome: SyncOutcome, times: number, pace = OWN): readonly number[] {
  const sync = afterTimes(outcome, times);
  return CHANCES.map((chance) => pauseAfter(sync, pace, () => chance));
}

describe("accepted", () => {
  it("the interval, a twentieth to either side", () => {
    expect(Math.min(...pauses(accepted(), 1))).toBe(4750);
    expect(Math.max(...pauses(accepted(), 1))).toBeLessThanOrEqual(5250);
    expect(new Set(pauses(accepted(), 9)).size).toBe(CHANCES.length);
  });

  it.each([
    [5000, 1, 5000],
    [5000, 10_000, 10_000],
    [15_000, 10_000, 15_000],
    [5000, Number.MAX_SAFE_INTEGER, 300_000],
  ])(
    "configured %i ms, asked for %i ms: the longer of the two, within bounds",
    (intervalMs, askedMs, expectedMs) => {
      expect(pauseAfter(afterTimes(accepted(), 1), { intervalMs, askedMs }, () => 0.5)).toBeCloseTo(
        expectedMs,
        0,
      );
    },
  );
});

describe("unreachable", () => {
  const waits = (attempts: number, askedMs: number | null = null) => {
    const sync = afterTimes(down(), 1);
    if (sync.kind !== "unreachable") {
      return expect.unreachable();
    }
    return CHANCES.map((chance) => pauseAfter({ ...sync, attempts }, { ...OWN, askedMs }, () => chance));
  };
  const widest = (attempts: number) => Math.max(...waits(attempts)) - Math.min(...waits(attempts));

  it("however long the outage, an agent is back in half of the heartbeat timeout", () => {
    for (const attempts of [1, 2, 3, 5, 50, 5000, 2 ** 31]) {
      expect(Math.max(...waits(attempts)), `attempt ${attempts}`).toBeLessThan(15_000);
    }
  });

  it("the second wait is spread over a whole period of the later ones: no fleet stays in step", () => {
    expect(widest(2)).toBeCloseTo(waits(3)[2] ?? 0, -2);
    expect(widest(3)).toBeGreaterThan(3000);
    expect(waits(4)).toEqual(waits(3));
  });

  it("one failed sync, or an outage of 10 s, does not take an executor offline", () => {
    const steady = pauses(accepted(), 1);
    const thirdTryMs = Math.min(...steady) + Math.min(...waits(1)) + Math.min(...waits(2));
    expect(thirdTryMs).toBeGreaterThan(10_000);
    const silentMs = Math.max(...steady) + Math.max(...waits(1)) + Math.max(...waits(2));
    expect(silentMs).toBeLessThan(30_000);
  });

  it("a fleet that was told to be slower returns more slowly, and in five minutes at most", () => {
    expect(waits(3, 20_000)).toEqual(waits(3).map((ms) => 4 * ms));
    expect(waits(3, 1)).toEqual(waits(3));
    expect(Math.max(...waits(9, Number.MAX_SAFE_INTEGER))).toBeLessThan(300_000);
  });

  it("nobody comes before Retry-After, and not all with it", () => {
    const told = pauses(down(30_000), 1);
    expect(Math.min(...told)).toBeGreaterThanOrEqual(30_000);
    expect(Math.max(...told)).toBeGreaterThan(40_000);
  });

  it("a foreign refusal is asked as seldom as a refusal", () => {
    const foreign = unreachable("foreign-refusal", "somebody in between", { slow: true });
    expect(Math.min(...pauses(foreign, 20))).toBeGreaterThanOrEqual(30_000);
  });
});

describe.each([
  ["refused", refused()],
  ["forbidden", forbidden()],
])("%s", (_name, outcome) => {
  it("three quick tries, then towards a minute", () => {
    const means = [1, 2, 3, 4, 5, 6, 7, 30].map((times) =>
      pauseAfter(afterTimes(outcome, times), OWN, () => 0.5),
    );
    expect(means.slice(0, 3).reduce((sum, pause) => sum + pause)).toBeLessThan(8000);
    expect(means).toEqual([...means].sort((a, b) => a - b));
    expect(Math.max(...pauses(outcome, 99))).toBeLessThanOrEqual(60_000);
  });
});

describe("a fleet of 2,000", () => {
  const OUTAGES = [20, 60, 300].flatMap((seconds) =>
    [undefined, 2000].map((retryAfterMs) => ({ seconds, retryAfterMs })),
  );
  it.each(OUTAGES)(
    "$seconds s down, Retry-After $retryAfterMs ms: no more than a tenth returns in any second, all within 15 s, never a rush",
    ({ seconds, retryAfterMs }) => {
      const event = { kind: "outage", ms: seconds * 1000, retryAfterMs } as const;
      for (let seed = 1; seed <= runs(2); seed += 1) {
        const scenario = { name: "", agents: 2000, event, policy: AGENT };
        const herd = simulateHerd(scenario, seededRandom(seed));
        expect(herd.peakReturn, `seed ${seed}`).toBeLessThanOrEqual(0.1);
        expect(herd.peakRequests, `seed ${seed}`).toBeLessThan(0.32);
        expect(herd.lastBackMs, `seed ${seed}`).toBeLessThan(15_000);
      }
    },
  );

  it("told to wait for half a minute, not all come when it is over", () => {
    const event = { kind: "outage", ms: 25_000, retryAfterMs: 30_000 } as const;
    const herd = simulateHerd({ name: "", agents: 2000, event, policy: AGENT }, seededRandom(1));
    expect(herd.peakReturn).toBeLessThan(0.1);
  });
});

it("whatever comes, the wait is a finite time that is neither a flood nor an agent that looks dead", () => {
  const outcomes = fc.oneof(
    fc.constantFrom(accepted(), refused(), forbidden(), down()),
    fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }).map((ms) => down(ms)),
  );
  const asked = fc.option(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }));
  fc.assert(
    fc.property(
      fc.array(outcomes, { minLength: 1, maxLength: 40 }),
      asked,
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (all, askedMs, chance) => {
        let sync: SyncState = { kind: "connecting", since: 0 };
        for (const [now, outcome] of all.entries()) {
          sync = nextSyncState(sync, outcome, now);
        }
        const pause = pauseAfter(sync, { ...OWN, askedMs }, () => chance);
        expect(pause).toBeGreaterThanOrEqual(450);
        expect(pause).toBeLessThanOrEqual(400_000);
      },
    ),
    { numRuns: runs(500) },
  );
});

describe("the spread of a restart", () => {
  it.each([
    [null, 30_000, undefined],
    [4000, 30_000, 4000],
    [90_000, 30_000, 12_000],
    [90_000, 100, 12_000],
    [90_000, 120_000, 48_000],
  ])("asked for %o with a timeout of %i ms is %o", (restartSpreadMs, heartbeatTimeoutMs, expected) => {
    expect(restartSpreadOf({ restartSpreadMs, heartbeatTimeoutMs })).toBe(expected);
  });

  it("is twelve seconds if nobody has said one, and never more than a minute", () => {
    const atMost = (spread: number | undefined) => pauseAtRestart(spread, () => 1);
    expect([atMost(undefined), atMost(-1), atMost(4000), atMost(1e9)]).toEqual([12_000, 0, 4000, 60_000]);
  });
});
