const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** systemd.time(7). */
const UNITS: readonly (readonly [pattern: RegExp, seconds: number])[] = [
  [/^(?:usec|us|µs|μs)$/u, 1e-6],
  [/^(?:msec|ms)$/u, 1e-3],
  [/^(?:|seconds?|sec|s)$/u, 1],
  [/^(?:minutes?|min|m)$/u, MINUTE],
  [/^(?:hours?|hr|h)$/u, HOUR],
  [/^(?:days?|d)$/u, DAY],
  [/^(?:weeks?|w)$/u, 7 * DAY],
];

/** The seconds of a span as units write it: `8`, `1min 30s`. Undefined: none, or one of months. */
export function spanSecs(text: string): number | undefined {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)\s*(\p{L}*)\s*/gu)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text.trim()) {
    return undefined;
  }
  const secs = parts.map(([, number, name = ""]) => {
    const factor = UNITS.find(([pattern]) => pattern.test(name))?.[1];
    return factor === undefined ? Number.NaN : Number(number) * factor;
  });
  const sum = secs.reduce((total, each) => total + each, 0);
  return Number.isNaN(sum) ? undefined : sum;
}
