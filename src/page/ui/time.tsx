import { exactTime } from "../../lib/text/exact-time.ts";
import { useNow } from "../state/page-state.ts";

/** Times as a person reads them, in the viewer's zone; all arguments are epoch ms. */

const DATE = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "numeric" });
const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

export const DAY_MS = 86_400_000;

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ["d", DAY_MS],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
];

/** `20 Nov 2026, 12:03:07 CET`, whose zone is never alone on a line. */
export function exactly(at: number): string {
  return exactTime(at).replace(/ (?=\S+$)/u, "\u00a0");
}

/** `12:03:07` today, with the date on other days: for the words after "since". */
export function sinceWhen(at: number, now: number, length: "full" | "short" = "full"): string {
  const clock = length === "full" ? CLOCK.format(at) : CLOCK.format(at).slice(0, 5);
  return DATE.format(at) === DATE.format(now) ? clock : `${DATE.format(at)}, ${clock}`;
}

/** `3 s ago`, `12 d ago`, `in 30 d`. The past stays past, even if the server's clock is ahead. */
function relatively(at: number, now: number, tense: "past" | "future"): string {
  const distance = tense === "past" ? Math.max(0, now - at) : at - now;
  if (tense === "future" && distance <= 0) {
    return "now";
  }
  if (distance < 2000) {
    return tense === "past" ? "just now" : "now";
  }
  const [unit, ms] = UNITS.find(([, size]) => distance >= size) ?? ["s", 1000];
  // Rounded, so that a key for 30 days does not expire in 29.
  const count = tense === "past" ? Math.floor(distance / ms) : Math.round(distance / ms);
  if (tense === "past" && unit === "d" && count > 60) {
    return DATE.format(at);
  }
  return tense === "past" ? `${count} ${unit} ago` : `in ${count} ${unit}`;
}

/** The value of an `<input type="datetime-local">`, to the minute. */
export function localInputValue(at: number): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** How long ago or how soon; the exact time on hover and for machines. */
export function Moment({ at, tense = "past" }: { at: number; tense?: "past" | "future" }) {
  const now = useNow();
  return (
    <time dateTime={new Date(at).toISOString()} title={exactly(at)}>
      {relatively(at, now, tense)}
    </time>
  );
}

export function ExactTime({ at }: { at: number }) {
  return <time dateTime={new Date(at).toISOString()}>{exactly(at)}</time>;
}
