import { printable } from "../lib/printable.ts";
import { badInput } from "./api-error.ts";

/**
 * What is drawn as nothing: all that Unicode lets a font ignore, and the blanks that it counts as letters or symbols
 * (U+2800 of Braille, a null notehead, the fillers of two scripts).
 */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\u2800\u{13441}\u{13442}\u{16FE4}\u{1D159}]/u;
/** A mark needs something to stand on. */
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;

/**
 * The name of a key, a person or an organization as it is stored and shown to others: trimmed, 1 to `most` characters,
 * on one line, all of them visible. `what` names it in the sentence of BAD_USER_INPUT: "the name of a key".
 */
export function checkedName(raw: string, what: string, most: number): string {
  const name = raw.trim();
  const length = Array.from(name).length;
  if (length === 0) throw badInput(`${what} has 1 to ${most} characters, this one has none: choose one`);
  if (length > most) {
    throw badInput(`${what} has at most ${most} characters, this one has ${length}: shorten it`);
  }
  if (printable(name, most) !== name) {
    throw badInput(`${what} is one line of printable characters with single spaces: retype it`);
  }
  if (INVISIBLE.test(name) || !VISIBLE.test(name)) {
    throw badInput(`${what} has characters that nobody can see: retype it`);
  }
  return name;
}
