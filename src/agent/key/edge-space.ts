import { type UnplacedFinding, warning } from "./unplaced-finding.ts";

const ASCII_SPACE = " \t\n\v\f\r";
const NAMES: ReadonlyMap<string, readonly [one: string, many: string]> = new Map([
  [" ", ["a space", "spaces"]],
  ["\t", ["a tab", "tabs"]],
  ["\n", ["a line break", "line breaks"]],
  ["\r", ["a carriage return", "carriage returns"]],
]);

/**
 * Start and end (exclusive) of `text` without the ASCII white space around it; equal if nothing is
 * left.
 */
export function withoutEdges(text: string): { readonly start: number; readonly end: number } {
  let start = 0;
  let end = text.length;
  // Not a regular expression: /[ …]+$/ takes a minute on a key file with a million spaces in its
  // middle.
  while (start < end && ASCII_SPACE.includes(text.charAt(start))) {
    start += 1;
  }
  while (end > start && ASCII_SPACE.includes(text.charAt(end - 1))) {
    end -= 1;
  }
  return { start, end };
}

/**
 * Findings about white space around the key. The key is used without it, but the file needs a fix.
 */
export function edgeFindings(
  text: string,
  { start, end }: { readonly start: number; readonly end: number },
  isRefused: boolean,
): readonly UnplacedFinding[] {
  const remedy = (space: string) => {
    const it = space.length === 1 ? "it" : "them";
    return isRefused ? `Delete ${it}.` : `Delete ${it}. The key is used without ${it}.`;
  };
  const before = text.slice(0, start);
  const behind = text.slice(end);
  const leading = warning("leading-whitespace", `starts with ${spaceName(before)}`, remedy(before), 0);
  const trailing = warning("trailing-whitespace", `ends with ${spaceName(behind)}`, remedy(behind), end);
  return [...(before === "" ? [] : [leading]), ...(behind === "" ? [] : [trailing])];
}

function spaceName(space: string): string {
  const unix = space.replaceAll("\r\n", "\n");
  const [one, many] = new Set(unix).size === 1 ? (NAMES.get(unix.charAt(0)) ?? []) : [];
  const count = unix.length;
  if (one === undefined) {
    return count === 1 ? "a white-space character" : `${count} white-space characters`;
  }
  return count === 1 ? one : `${count} ${many}`;
}
