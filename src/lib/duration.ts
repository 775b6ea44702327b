const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
];

/**
 * A duration as text, in its two largest units: `0 s` to `12 d 3 h`. Below 10 s it has one decimal.
 */
export function duration(ms: number): string {
  const span = Math.max(0, ms);
  if (span < 9950) {
    return `${(span / 1000).toFixed(1).replace(/\.0$/, "")} s`;
  }
  let rest = Math.round(span / 1000) * 1000;
  const parts: string[] = [];
  for (const [name, unit] of UNITS) {
    const count = Math.floor(rest / unit);
    rest -= count * unit;
    if (count > 0) {
      parts.push(`${count} ${name}`);
    } else if (parts.length > 0) {
      break;
    }
    if (parts.length === 2) {
      break;
    }
  }
  return parts.join(" ");
}
