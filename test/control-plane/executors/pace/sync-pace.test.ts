import fc from "fast-check";
import pino from "pino";
import { describe, expect, it } from "vitest";
import { SyncPace } from "../../../../src/control-plane/executors/pace/sync-pace.ts";
import { runs } from "../../../support/runs.ts";

function scene() {
  const lines: string[] = [];
  const logger = pino({ level: "info" }, { write: (line: string) => void lines.push(JSON.parse(line).msg) });
  const pace = new SyncPace({ heartbeatTimeoutMs: 30_000, maxSyncsPerSecond: 100, logger });
  return { pace, lines };
}

/** 100 syncs a second: 500 executors sync every 5 s. */
describe("a fleet that grows", () => {
  it.each([
    [0, null, 30_000],
    [500, null, 30_000],
    [501, 10_000, 60_000],
    [1000, 10_000, 60_000],
    [1001, 15_000, 90_000],
    [30_000, 300_000, 1_800_000],
    [1e9, 300_000, 1_800_000],
  ])("of %i executors is asked for %o ms, and its timeout is %i ms", (executors, intervalMs, timeoutMs) => {
    const { pace } = scene();
    pace.follow(executors, 0);
    expect([pace.askedIntervalMs, pace.timeoutMs]).toEqual([intervalMs, timeoutMs]);
  });

  it("is known to a process that begins with it", () => {
    const { pace, lines } = scene();
    pace.begin(1001);
    expect(pace.askedIntervalMs).toBe(15_000);
    pace.begin(1);
    expect(pace.askedIntervalMs).toBe(15_000);
    expect(lines).toEqual([]);
  });

  it("is told in one line what changed and which setting decides", () => {
    const { pace, lines } = scene();
    pace.follow(501, 0);
    pace.follow(502, 1);
    expect(lines).toEqual([
      "501 executors are online, and at most 100 syncs a second are wanted (MAX_SYNCS_PER_SECOND). " +
        "Executors sync every 10 s now, not every 5 s, and count as offline after 1 min.",
    ]);
  });
});

describe("a fleet that shrinks", () => {
  it("waits with each step for those who were told the interval before the last one", () => {
    const { pace } = scene();
    pace.follow(8501, 0);
    // Somebody is told to wait for 90 s, and may sync 94.5 s later: at 189 s.
    pace.follow(0, 94_500);
    expect(pace.intervalMs).toBe(45_000);
    pace.follow(0, 188_999);
    expect(pace.intervalMs).toBe(45_000);
    pace.follow(0, 189_000);
    expect(pace.intervalMs).toBe(25_000);
  });

  it("syncs more often only once a fifth is free", () => {
    const { pace } = scene();
    pace.follow(501, 0);
    pace.follow(401, 60_000);
    expect(pace.askedIntervalMs).toBe(10_000);
    pace.follow(400, 60_001);
    expect(pace.askedIntervalMs).toBe(null);
  });

  it("does so by half at most, and not before everybody has heard of the interval before", () => {
    const { pace } = scene();
    pace.begin(6000);
    const steps: number[] = [];
    for (let now = 0; now < 200_000; now += 500) {
      pace.follow(1, now);
      if (pace.intervalMs !== steps.at(-1)) {
        steps.push(pace.intervalMs);
      }
    }
    expect(steps).toEqual([30_000, 15_000, 10_000, 5000]);
  });
});

it("whatever the fleet does, the timeout is longer than any interval that somebody still waits for", () => {
  const moments = fc.array(fc.record({ executors: fc.nat(40_000), afterMs: fc.nat(400_000) }), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(moments, (all) => {
      const { pace } = scene();
      let now = 0;
      /** When each interval was last told. */
      const told = new Map<number, number>();
      for (const { executors, afterMs } of all) {
        told.set(pace.intervalMs, now + afterMs);
        now += afterMs;
        pace.follow(executors, now);
        for (const [intervalMs, at] of told) {
          if (at + 1.05 * intervalMs > now) {
            expect(pace.timeoutMs).toBeGreaterThan(1.05 * intervalMs);
          }
        }
      }
    }),
    { numRuns: runs(300) },
  );
});
