import { shellWord } from "../shell-word.ts";

/**
 * Moves a file or a folder to `away`. Nobody knows what it is, so nothing is deleted or
 * overwritten: what `away` was gets a `~`. Without -T, `mv` would move into a folder of that name.
 */
export function moveAway(path: string, away = `${path}.old`): string {
  return `mv -bT ${shellWord(path)} ${shellWord(away)}`;
}

/**
 * Makes a line (1-based) a comment. Run twice, it changes no other line, as a deletion would. `sed`
 * alone would put a file in the place of a link.
 */
export function commentOut(path: string, line: number): string {
  return `sed -i --follow-symlinks '${line}s/^/# /' ${shellWord(path)}`;
}
