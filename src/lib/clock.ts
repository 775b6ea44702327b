/**
 * Time that nobody can set. `now` runs evenly from the start of the process, even if an
 * administrator or NTP sets the wall clock: such a step must not put the next sync an hour away.
 * For people, `wall` converts it to the wall clock's time.
 */
export interface Clock {
  /** Monotonic milliseconds; equal to the epoch's when the process began. */
  now(): number;
  /** The wall-clock time, epoch ms, of a moment of `now`. */
  wall(at: number): number;
  /** The moment of `now` of a wall-clock time, epoch ms. */
  fromWall(at: number): number;
}

export const systemClock: Clock = {
  now: monotonic,
  wall: (at) => at + (Date.now() - monotonic()),
  fromWall: (at) => at - (Date.now() - monotonic()),
};

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
