import { median } from "./statistics.ts";

/** A part of the report: a Markdown table with a heading and notes. */
export interface Section {
  readonly title: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
}

export function render({ title, header, rows, notes }: Section): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    `### ${title}`,
    "",
    line(header),
    line(header.map(() => "---")),
    ...rows.map(line),
    ...notes.map((note) => `\n${note}`),
    "",
  ].join("\n");
}

/** `63.1 (62.8–63.4)`: the median, and the least and the most of all rounds. */
export function spread(values: readonly number[], digits = 1): string {
  const shown = median(values).toFixed(digits);
  if (values.length < 2) {
    return shown;
  }
  return `${shown} (${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)})`;
}

/** `0.82×`: the median of the ratios, round by round. */
export function ratio(values: readonly number[], floor: readonly number[], digits = 2): string {
  return `${median(values.map((value, round) => value / (floor[round] ?? Number.NaN))).toFixed(digits)}×`;
}

export function percent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)} %`;
}
