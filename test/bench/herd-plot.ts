import type { HerdResult } from "./herd-simulation.ts";

/** One part of the plot: an event for the agent and for a fixed retry, in seconds from its end. */
export interface Panel {
  readonly title: string;
  readonly ours: HerdResult | undefined;
  readonly fixed: HerdResult | undefined;
  readonly fromS: number;
  readonly untilS: number;
}

const WIDTH = 860;
const PANEL_HEIGHT = 210;
const LEFT = 64;
const RIGHT = 20;
const TOP = 64;
const PLOT_HEIGHT = 120;
const OURS = "#1f6feb";
const FIXED = "#c9510c";
const TEXT = 'font-family="system-ui, sans-serif" font-size="12" fill="#57606a"';

/** Requests per second over time, as an SVG for light and dark pages. */
export function plotHerds(panels: readonly Panel[]): string {
  const height = panels.length * PANEL_HEIGHT + 30;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Requests per second of a fleet of 10,000 agents">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="20" ${TEXT}>Requests a second, share of a fleet of 10,000: <tspan fill="${OURS}">novacula-agent</tspan>, <tspan fill="${FIXED}">a fixed retry every 5 s</tspan></text>`,
    ...panels.map((panel, index) => `<g transform="translate(0 ${index * PANEL_HEIGHT})">${plot(panel)}</g>`),
    "</svg>",
    "",
  ].join("\n");
}

function plot(panel: Panel): string {
  const { title, ours, fixed, fromS, untilS } = panel;
  const most = Math.max(
    ...[ours, fixed].flatMap((result) => (result === undefined ? [] : shares(result, panel))),
    0.25,
  );
  const x = (second: number) => LEFT + ((second - fromS) / (untilS - fromS)) * (WIDTH - LEFT - RIGHT);
  const y = (share: number) => TOP + PLOT_HEIGHT * (1 - share / most);
  const step = most > 0.5 ? 0.5 : 0.1;
  const levels = Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, index) => index * step);
  const ticks = Array.from(
    { length: Math.floor((untilS - fromS) / 10) + 1 },
    (_, index) => fromS + index * 10,
  );
  return [
    `<text x="${LEFT}" y="${TOP - 14}" ${TEXT} font-weight="600">${title}</text>`,
    ...levels.map(
      (level) =>
        `<path d="M${LEFT} ${y(level).toFixed(1)}H${WIDTH - RIGHT}" stroke="#d0d7de" stroke-width="1"/><text x="${LEFT - 8}" y="${(y(level) + 4).toFixed(1)}" ${TEXT} text-anchor="end">${Math.round(level * 100)} %</text>`,
    ),
    ...ticks.map(
      (tick) =>
        `<text x="${x(tick).toFixed(1)}" y="${TOP + PLOT_HEIGHT + 18}" ${TEXT} text-anchor="middle">${tick} s</text>`,
    ),
    fixed === undefined ? "" : line(shares(fixed, panel), fromS, x, y, FIXED),
    ours === undefined ? "" : line(shares(ours, panel), fromS, x, y, OURS),
  ].join("\n");
}

function shares({ requestsPerSecond, returnedAt, agents }: HerdResult, { fromS, untilS }: Panel): number[] {
  return requestsPerSecond.slice(returnedAt + fromS, returnedAt + untilS).map((count) => count / agents);
}

/** A second is a step, not a point: its requests came at any time within it. */
function line(
  values: readonly number[],
  fromS: number,
  x: (second: number) => number,
  y: (share: number) => number,
  colour: string,
): string {
  const steps = values.map((share, index) => `V${y(share).toFixed(1)}H${x(fromS + index + 1).toFixed(1)}`);
  return `<path d="M${x(fromS).toFixed(1)} ${y(values[0] ?? 0).toFixed(1)}${steps.join("")}" fill="none" stroke="${colour}" stroke-width="1.6"/>`;
}
