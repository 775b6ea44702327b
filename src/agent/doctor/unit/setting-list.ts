import { printable } from "../../../lib/printable.ts";
import type { Assignment } from "../../systemd/service/unit-files.ts";

/** More would hide the rest of what doctor says. */
const MOST = 5;

/** Their values need a page, or may be secrets: a password in the arguments of a command. */
const UNSHOWN = /^(?:Environment|SetCredential|SetCredentialEncrypted|UnsetEnvironment|Exec(?!Start$)\w+)$/u;

/** A setting of a unit, with its value if that may be shown. */
export function settingText({ name, value }: Assignment, maxLength: number): string {
  return UNSHOWN.test(name) ? `${name}=` : `${name}=${printable(value, maxLength)}`;
}

/** `PrivateNetwork=yes (FILE line 3), Nice=5 (FILE line 4)`. */
export function listed(settings: readonly Assignment[]): string {
  return few(settings.map(shown));
}

export function shown(setting: Assignment): string {
  const { file, line } = setting;
  return `${settingText(setting, 200)} (${printable(file, 400)} line ${line})`;
}

export function few(all: readonly string[]): string {
  const rest = all.length - MOST;
  return [...all.slice(0, MOST), ...(rest > 0 ? [`${rest} more`] : [])].join(", ");
}
