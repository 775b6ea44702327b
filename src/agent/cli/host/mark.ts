import { paint, type Terminal } from "../../../lib/command-line/terminal.ts";

/** The result of one check. */
export type Mark = "ok" | "warning" | "bad" | "unknown";

/** The width of the column of marks, in characters. */
export const MARK_WIDTH = 8;

const COLOURS = { ok: "green", warning: "yellow", bad: "red", unknown: "yellow" } as const;

/** The mark as the first column of a line. */
export function markText(mark: Mark, terminal: Terminal): string {
  return paint(terminal, COLOURS[mark], mark.padEnd(MARK_WIDTH));
}
