import { printable } from "../../lib/printable.ts";
import { badInput } from "../api-error.ts";

/**
 * What is drawn as nothing: all that Unicode lets a font ignore, and the blanks that it counts as
 * letters or symbols (U+2800 of Braille, a null notehead, the fillers of two scripts).
 */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\u2800\u{13441}\u{13442}\u{16FE4}\u{1D159}]/u;
/** A mark needs something to stand on. */
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;

/**
 * The name of a key, a person or an organization as it is stored and shown to others: trimmed, 1 to
 * `most` characters, on one line, all of them visible. `what` names it in the sentence of
 * BAD_USER_INPUT: "the name of a key".
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
 * What is wrong with a trimmed name, as the rest of a sentence about it; undefined where nothing
 * is.
 */
export function nameProblem(name: string, most: number): string | undefined {
  const length = Array.from(name).length;
  if (length === 0) {
    return `has 1 to ${most} characters, this one has none: choose one`;
  }
  if (length > most) {
    return `has at most ${most} characters, this one has ${length}: shorten it`;
  }
  if (printable(name, most) !== name) {
    return "is one line of printable characters with single spaces: retype it";
  }
  if (INVISIBLE.test(name) || !VISIBLE.test(name)) {
    return "has characters that nobody can see: retype it";
  }
  return undefined;
}
