import { printable } from "../printable.ts";
import { type Colour, paint, type Terminal } from "./terminal.ts";

/** A text, which may be coloured on a terminal. */
export type Cell = string | { readonly text: string; readonly colour: Colour };

interface TableOptions {
  /** False: print only the rows. */
  readonly header?: boolean;
  /** True: never cut a cell, even if the terminal is narrow. */
  readonly wide?: boolean;
}

const GAP = "  ";
/** No column is cut below this width, in characters. */
const MIN_WIDTH = 6;

/**
 * Prints rows below upper-case headings, in aligned columns. Every cell is made printable. On a
 * terminal, the widest columns are cut until the table fits; in a pipe, nothing is cut.
 */
export function table(
  headings: readonly string[],
  rows: readonly (readonly Cell[])[],
  terminal: Terminal,
  { header = true, wide = false }: TableOptions = {},
): string {
  const texts = rows.map((row) => row.map((cell) => printable(textOf(cell)) || "-"));
  const lines = header ? [headings, ...texts] : texts;
  const { isTTY, columns } = terminal.stdout;
  const limit = wide || isTTY !== true || columns === undefined ? Number.POSITIVE_INFINITY : columns;
  const widths = fitted(
    headings.map((_, column) => Math.max(...lines.map((line) => widthOf(line[column] ?? "")))),
    limit,
  );
  return lines
    .map((line, index) => {
      const cells = rows[header ? index - 1 : index];
      const parts = line.map((text, column) => {
        const width = widths[column] ?? 0;
        const padding = " ".repeat(Math.max(0, width - widthOf(text)));
        return coloured(cut(text, width), cells?.[column], terminal) + padding;
      });
      return `${parts.join(GAP).trimEnd()}\n`;
    })
    .join("");
}

/** Narrows the widest column repeatedly, until the line fits or nothing can be narrowed further. */
function fitted(widths: readonly number[], limit: number): readonly number[] {
  const result = [...widths];
  let excess = result.reduce((sum, width) => sum + width + GAP.length, -GAP.length) - limit;
  while (excess > 0) {
    const widest = Math.max(...result);
    if (widest <= MIN_WIDTH) {
      break;
    }
    result[result.indexOf(widest)] = widest - 1;
    excess -= 1;
  }
  return result;
}

function cut(text: string, width: number): string {
  return widthOf(text) <= width
    ? text
    : `${Array.from(text)
        .slice(0, width - 1)
        .join("")}…`;
}

function coloured(text: string, cell: Cell | undefined, terminal: Terminal): string {
  return cell === undefined || typeof cell === "string" ? text : paint(terminal, cell.colour, text);
}

function textOf(cell: Cell): string {
  return typeof cell === "string" ? cell : cell.text;
}

function widthOf(text: string): number {
  return Array.from(text).length;
}
