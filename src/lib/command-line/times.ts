import { utcTime } from "../clock.ts";
import { duration } from "../duration.ts";

/** `3 min 20 s ago`, `in 12 d 3 h`, `never`. `moment` is ISO 8601, `now` epoch ms. */
export function relativeTime(moment: string | null, now: number): string {
  if (moment === null) {
    return "never";
  }
  const time = Date.parse(moment);
  return time > now ? `in ${duration(time - now)}` : `${duration(now - time)} ago`;
}

/** `2026-11-28 14:03:20 UTC, in 12 d 3 h`, or `never`. */
export function timeText(moment: string | null, now: number): string {
  return moment === null ? "never" : `${utcTime(Date.parse(moment))}, ${relativeTime(moment, now)}`;
}
