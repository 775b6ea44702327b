import { printable } from "../../../lib/printable.ts";
import type { Assignment } from "../../systemd/service/unit-files.ts";

/** More would hide the rest of what doctor says. */
const MOST = 5;

/** `PrivateNetwork=yes (FILE line 3), Nice=5 (FILE line 4)`. */
export function listed(settings: readonly Assignment[]): string {
  return few(settings.map(shown));
}

export function shown({ name, value, file, line }: Assignment): string {
  return `${name}=${printable(value, 200)} (${printable(file, 400)} line ${line})`;
}

export function few(all: readonly string[]): string {
  const rest = all.length - MOST;
  return [...all.slice(0, MOST), ...(rest > 0 ? [`${rest} more`] : [])].join(", ");
}
