import type { AST } from "toml-eslint-parser";

const ESCAPE_LENGTHS: ReadonlyMap<string, number> = new Map([
  ["u", 6],
  ["U", 10],
]);

/**
 * Maps every UTF-16 unit of the value of a TOML string to its index in the text. The last index is
 * that of the closing quote. `raw` is the string with its quotes, and `start` is its index in the
 * text. Empty if the lengths do not match: no place is better than a wrong one.
 */
export function locateInString(raw: string, node: AST.TOMLStringValue, start: number): readonly number[] {
  const quotes = node.multiline ? 3 : 1;
  const end = raw.length - quotes;
  const indexes: number[] = [];
  let at = quotes;
  // A line break right after the opening quotes does not belong to the value.
  if (node.multiline) {
    at += raw.slice(at).match(/^\r?\n/u)?.[0].length ?? 0;
  }
  while (at < end) {
    const step = node.style === "basic" && raw[at] === "\\" ? escapeAt(raw, at) : { length: 1, units: 1 };
    for (let unit = 0; unit < step.units; unit++) {
      indexes.push(start + at);
    }
    at += step.length;
  }
  return indexes.length === node.value.length ? [...indexes, start + end] : [];
}

/**
 * The length of an escape in the text, and its UTF-16 units in the value: none for a backslash at
 * the end of a line.
 */
function escapeAt(raw: string, at: number): { readonly length: number; readonly units: number } {
  const lineEnd = raw.slice(at).match(/^\\[ \t]*\r?\n\s*/u);
  if (lineEnd !== null) {
    return { length: lineEnd[0].length, units: 0 };
  }
  const length = ESCAPE_LENGTHS.get(raw[at + 1] ?? "") ?? 2;
  const isAstral = length === 10 && Number.parseInt(raw.slice(at + 2, at + 10), 16) > 0xffff;
  return { length, units: isAstral ? 2 : 1 };
}
