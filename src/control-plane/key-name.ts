import { printable } from "../lib/printable.ts";
import { badInput } from "./api-error.ts";

const MAX_CHARACTERS = 32;
const DATE_SUFFIX = / \d{6}$/;

/** The name of a key as it is stored: trimmed, 1 to 32 characters, printable, on one line (B1). */
export function checkedKeyName(raw: string): string {
  const name = raw.trim();
  const length = Array.from(name).length;
  if (length === 0) throw badInput("a key needs a name of 1 to 32 characters");
  if (length > MAX_CHARACTERS) {
    throw badInput(`the name of a key has at most 32 characters, this one has ${length}: shorten it`);
  }
  if (printable(name) !== name) {
    throw badInput("the name of a key is one line of printable characters with single spaces: retype it");
  }
  return name;
}

/** `prod` rotated on 1 June 2026 is `prod 260601`: an older suffix is replaced, the whole trimmed to 32 (B4). */
export function rotatedKeyName(name: string, now: number): string {
  const suffix = ` ${new Date(now).toISOString().slice(2, 10).replaceAll("-", "")}`;
  const base = Array.from(name.replace(DATE_SUFFIX, "")).slice(0, MAX_CHARACTERS - suffix.length);
  return base.join("").trimEnd() + suffix;
}
