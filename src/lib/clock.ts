/**
 * Time that no one can set: `now` counts on evenly from the start of the process while an administrator or NTP steps the
 * wall clock, so that a step never puts the next sync an hour away. For people it is turned into the wall's time.
 */
export interface Clock {
  /** Milliseconds, like the epoch's when the process began, monotonic since. */
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

/** `12:03:06` today, `2026-11-19 12:03:06` on another day, in the host's zone. */
export function timeOfDay(wallMs: number, todayMs: number): string {
  const [date, time] = localDateTime(wallMs);
  return date === localDateTime(todayMs)[0] ? time : `${date} ${time}`;
}

/** `2026-11-19 12:03` in the host's zone. */
export function dateAndMinute(wallMs: number): string {
  const [date, time] = localDateTime(wallMs);
  return `${date} ${time.slice(0, 5)}`;
}

/** A moment no clock has (a control plane may send any number) reads as such and does not throw. */
function localDateTime(wallMs: number): [date: string, time: string] {
  const at = new Date(wallMs);
  if (Number.isNaN(at.getTime())) {
    return ["an impossible date", ""];
  }
  const two = (value: number) => String(value).padStart(2, "0");
  return [
    `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`,
    `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`,
  ];
}
