/**
 * A clock that nobody can set. `now` runs evenly from the start of the process, even if an
 * administrator or NTP sets the wall clock: such a step must not put the next sync an hour away.
 * For people, `wall` converts a time to that of the wall clock.
 */
export interface Clock {
  /** Monotonic milliseconds. They began as epoch ms when the process started. */
  now(): number;
  /**
   * Converts a moment of `now` to wall-clock time, epoch ms. The result changes only if the wall
   * clock is set.
   */
  wall(at: number): number;
  /** Converts a wall-clock time, epoch ms, to a moment of `now`. */
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

/** How far the wall clock is ahead of `now`, ms. */
function wallAheadMs(): number {
  const before = monotonic();
  const ahead = Date.now() - before;
  // If the process was suspended between the two readings, the difference is not a step.
  const isOneMoment = monotonic() - before < 1;
  if (isOneMoment && Math.abs(ahead - wallAhead) >= SMALLEST_STEP_MS) {
    wallAhead = ahead;
  }
  return wallAhead;
}

function monotonic(): number {
  return performance.timeOrigin + performance.now();
}

/** `2026-11-28 14:03:20 UTC`: the only form of a time for people. `wallMs` is epoch ms. */
export function utcTime(wallMs: number): string {
  const at = new Date(wallMs);
  // A control plane may send any number. One that is outside the calendar must not throw.
  return Number.isNaN(at.getTime())
    ? "an impossible date"
    : at
        .toISOString()
        .replace("T", " ")
        .replace(/\.\d+Z$/, " UTC");
}
