import { duration } from "../duration.ts";
import { printable } from "../printable.ts";

/** Rows under upper-case headings, in columns of equal width; every cell is made printable. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [headings, ...rows.map((row) => row.map((cell) => printable(cell) || "-"))];
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => width(row[column] ?? ""))));
  return cells
    .map((row) =>
      row.map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - width(cell))).join("  "),
    )
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

/** `3 min 20 s ago`, `in 12 d 3 h`, `never`. */
export function relativeTime(time: number | null, now: number): string {
  if (time === null) {
    return "never";
  }
  return time > now ? `in ${duration(time - now)}` : `${duration(now - time)} ago`;
}

/**
 * A line for each entry whose row in the database cannot be read as it is; nothing where all is
 * well.
 */
export function damageNotes(entries: readonly DamagedEntry[], remedy: string): string {
  const lines = entries
    .filter(({ damaged }) => damaged.length > 0)
    .map(
      ({ id, damaged }) =>
        `${printable(id)}: its row in the database is damaged (${damaged.join(", ")}); ${remedy}\n`,
    );
  return lines.length === 0 ? "" : `\n${lines.join("")}`;
}

interface DamagedEntry {
  readonly id: string;
  readonly damaged: readonly string[];
}

function width(text: string): number {
  return Array.from(text).length;
}
