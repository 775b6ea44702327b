import { MAX_KEY_NAME_CHARACTERS } from "../../protocol/limits.ts";
import { checkedName } from "../organizations/shown-name.ts";

const DATE_SUFFIX = / \d{6}$/;

/**
 * Returns the name trimmed, as it is stored: 1 to 32 visible characters on one line. Otherwise
 * throws BAD_USER_INPUT.
 */
export function checkedKeyName(raw: string): string {
  return checkedName(raw, "the name of a key", MAX_KEY_NAME_CHARACTERS);
}

/** The name of a key that is made for the executor `executorName` and given no other name. */
export function keyNameFor(executorName: string): string {
  return Array.from(executorName).slice(0, MAX_KEY_NAME_CHARACTERS).join("");
}

/**
 * Names the successor of a key: `prod` rotated on 1 June 2026 becomes `prod 260601`. The date
 * replaces an older one, and the name is cut so that all of it fits into 32 characters.
 */
export function rotatedKeyName(name: string, now: number): string {
  const suffix = ` ${new Date(now).toISOString().slice(2, 10).replaceAll("-", "")}`;
  const base = Array.from(name.replace(DATE_SUFFIX, "")).slice(0, MAX_KEY_NAME_CHARACTERS - suffix.length);
  return base.join("").trimEnd() + suffix;
}
