import { shellWord } from "../shell-word.ts";

/**
 * Moves a file or a folder to `away`. Nobody knows what it is, so nothing is deleted or
 * overwritten: what `away` was gets a `~`. Without -T, `mv` would move into a folder of that name.
 */
export function moveAway(path: string, away = `${path}.old`): string {
  return `mv -bT ${shellWord(path)} ${shellWord(away)}`;
}

/** Lines of a file that belong together: one, or the first to the last. 1-based. */
export interface Lines {
  readonly line: number;
  readonly lastLine?: number;
}

/**
 * Makes lines comments. Run twice, it changes no other line, as a deletion would. `sed` alone would
 * put a file in the place of a link.
 */
export function commentOut(path: string, ...lines: readonly Lines[]): string {
  const edits = lines.map(({ line, lastLine }) => {
    const place = lastLine === undefined ? line : `${line},${lastLine}`;
    return `${place}s/^/# /`;
  });
  return `sed -i --follow-symlinks '${edits.join(";")}' ${shellWord(path)}`;
}

/** Puts `text` on a line of its own above a line. `text` is plain: no quotes, no backslashes. */
export function insertAbove(path: string, line: number, text: string): string {
  return `sed -i --follow-symlinks '${line}i ${text}' ${shellWord(path)}`;
}
