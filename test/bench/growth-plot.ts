const WIDTH = 860;
const HEIGHT = 330;
const LEFT = 70;
const RIGHT = 70;
const TOP = 50;
const BOTTOM = 50;
const FIRST = 1000;
const LAST = 1_000_000;
const MOST_A_SECOND = 8000;
const POINTS = 400;
const OURS = "#1f6feb";
const FIXED = "#c9510c";
const TEXT = 'font-family="system-ui, sans-serif" font-size="12" fill="#57606a"';

/**
 * Syncs a second of one process over the size of its fleet, as an SVG for light and dark pages: with
 * the interval that `intervalMs` gives for a fleet, and with 5 s.
 */
export function plotGrowth(intervalMs: (executors: number) => number): string {
  const x = (executors: number) =>
    LEFT + (Math.log(executors / FIRST) / Math.log(LAST / FIRST)) * (WIDTH - LEFT - RIGHT);
  const y = (rate: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - rate / MOST_A_SECOND);
  const fleets = Array.from({ length: POINTS + 1 }, (_, at) =>
    Math.round(FIRST * (LAST / FIRST) ** (at / POINTS)),
  );
  const line = (rateOf: (executors: number) => number, colour: string) => {
    const points = fleets
      .filter((executors) => rateOf(executors) <= MOST_A_SECOND)
      .map((executors) => `${x(executors).toFixed(1)},${y(rateOf(executors)).toFixed(1)}`);
    return `<polyline points="${points.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`;
  };
  const rates = [0, 2000, 4000, 6000, 8000];
  const marks = [1000, 10_000, 100_000, 1_000_000];
  const intervals = [15_000, 30_000, 100_000, 300_000, 900_000];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Syncs a second of one process for fleets of 1,000 to 1,000,000 executors">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="20" ${TEXT}>Syncs a second of one process: <tspan fill="${OURS}">the interval grows with the fleet</tspan>, <tspan fill="${FIXED}">always every 5 s</tspan></text>`,
    ...rates.map(
      (rate) =>
        `<path d="M${LEFT} ${y(rate)}H${WIDTH - RIGHT}" stroke="#d0d7de"/><text x="${LEFT - 8}" y="${y(rate) + 4}" ${TEXT} text-anchor="end">${rate.toLocaleString("en")}</text>`,
    ),
    ...marks.map(
      (executors) =>
        `<text x="${x(executors).toFixed(1)}" y="${HEIGHT - BOTTOM + 20}" ${TEXT} text-anchor="middle">${executors.toLocaleString("en")}</text>`,
    ),
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" ${TEXT} text-anchor="middle">executors</text>`,
    line((executors) => executors / 5, FIXED),
    line((executors) => (executors / intervalMs(executors)) * 1000, OURS),
    ...intervals.map(
      (executors) =>
        `<text x="${x(executors).toFixed(1)}" y="${(y((executors / intervalMs(executors)) * 1000) - 10).toFixed(1)}" ${TEXT} text-anchor="middle">${intervalMs(executors) / 1000} s</text>`,
    ),
    "</svg>",
    "",
  ].join("\n");
}
