const MS: ReadonlyMap<string, number> = new Map([
  ...["ms", "msec", "millis"].map((unit) => [unit, 1] as const),
  ...["s", "sec", "secs", "second", "seconds"].map((unit) => [unit, 1000] as const),
  ...["m", "min", "mins", "minute", "minutes"].map((unit) => [unit, 60_000] as const),
  ...["h", "hour", "hours"].map((unit) => [unit, 3_600_000] as const),
]);

/** A length of time with its unit, such as `30s`, in units of `unitMs`; undefined: it is none. */
export function withoutUnit(value: string, unitMs: number): number | undefined {
  const [, amount, unit = ""] = /^\s*(\d{1,9}(?:\.\d{1,3})?)\s*([a-z]{1,7})\s*$/iu.exec(value) ?? [];
  const ms = MS.get(unit.toLowerCase());
  return amount === undefined || ms === undefined ? undefined : (Number(amount) * ms) / unitMs;
}
