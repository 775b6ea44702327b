import { printable } from "../../lib/printable.ts";
import { badInput } from "../api-error.ts";

/**
 * Characters that look like nothing: those that Unicode lets a font ignore, and blanks that count
 * as letters or symbols (Braille U+2800, a null notehead, the fillers of two scripts).
 */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\u2800\u{13441}\u{13442}\u{16FE4}\u{1D159}]/u;
/** Combining marks alone do not count: they need a character to combine with. */
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;

/**
 * Returns a name trimmed, as it is stored and shown to others: 1 to `most` visible characters on
 * one line. Otherwise throws BAD_USER_INPUT, whose message begins with `what`: "the name of a key".
 */
export function checkedName(raw: string, what: string, most: number): string {
  const name = raw.trim();
  const problem = nameProblem(name, most);
  if (problem !== undefined) {
    throw badInput(`${what} ${problem}`);
  }
  return name;
}

/**
 * What is wrong with a trimmed name, as the end of a sentence about it; undefined if nothing is.
 */
export function nameProblem(name: string, most: number): string | undefined {
  const length = Array.from(name).length;
  if (length === 0) {
    return `must have 1 to ${most} characters, and this one has none: choose a name`;
  }
  if (length > most) {
    return `must have at most ${most} characters, and this one has ${length}: shorten it`;
  }
  if (printable(name, most) !== name) {
    return "must be one line of printable characters with single spaces: retype it";
  }
  if (INVISIBLE.test(name) || !VISIBLE.test(name)) {
    return "has characters that nobody can see: retype it";
  }
  return undefined;
}
