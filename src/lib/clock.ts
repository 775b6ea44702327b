/**
 * Time that nobody can set. `now` runs evenly from the start of the process, even if an
 * administrator or NTP sets the wall clock: such a step must not put the next sync an hour away.
 * For people, `wall` converts it to the wall clock's time.
 */
export interface Clock {
  /** Monotonic milliseconds; equal to the epoch's when the process began. */
  now(): number;
  /** The wall-clock time, epoch ms, of a moment of `now`; the same until the wall clock is set. */
  wall(at: number): number;
  /** The moment of `now` of a wall-clock time, epoch ms. */
  fromWall(at: number): number;
}

/** `Date.now` counts whole milliseconds, so a smaller change of the difference is not a step. */
const SMALLEST_STEP_MS = 10;
let wallAhead = Date.now() - monotonic();

export const systemClock: Clock = {
  now: monotonic,
  wall: (at) => at + wallAheadMs(),
  fromWall: (at) => at - wallAheadMs(),
};

/** How far the wall clock is ahead of `now`. */
function wallAheadMs(): number {
  const before = monotonic();
  const ahead = Date.now() - before;
  // A process that was suspended between the two readings has not seen a step.
  const isOneMoment = monotonic() - before < 1;
  if (isOneMoment && Math.abs(ahead - wallAhead) >= SMALLEST_STEP_MS) {
    wallAhead = ahead;
  }
  return wallAhead;
}

function monotonic(): number {
  return performance.timeOrigin + performance.now();
}

/** `2026-11-28 14:03:20 UTC`: the one form of a time for people. `wallMs` is epoch ms. */
export function utcTime(wallMs: number): string {
  const at = new Date(wallMs);
  // A control plane may send any number: a moment that no calendar has must not throw.
  return Number.isNaN(at.getTime())
    ? "an impossible date"
    : at
        .toISOString()
        .replace("T", " ")
        .replace(/\.\d+Z$/, " UTC");
}
