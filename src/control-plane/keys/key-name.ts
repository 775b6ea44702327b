import { MAX_KEY_NAME_CHARACTERS } from "../../protocol/limits.ts";
import { checkedName } from "../organizations/shown-name.ts";

const DATE_SUFFIX = / \d{6}$/;

/** The name of a key as it is stored: trimmed, 1 to 32 visible characters on one line. */
export function checkedKeyName(raw: string): string {
  return checkedName(raw, "the name of a key", MAX_KEY_NAME_CHARACTERS);
}

/** `prod` rotated on 1 June 2026 is `prod 260601`: an older suffix is replaced, the whole trimmed to 32. */
export function rotatedKeyName(name: string, now: number): string {
  const suffix = ` ${new Date(now).toISOString().slice(2, 10).replaceAll("-", "")}`;
  const base = Array.from(name.replace(DATE_SUFFIX, "")).slice(0, MAX_KEY_NAME_CHARACTERS - suffix.length);
  return base.join("").trimEnd() + suffix;
}
