import { printable } from "../../../lib/printable.ts";
import type { Assignment } from "../../systemd/service/unit-files.ts";

/** More would hide the rest of what doctor says. */
const MOST = 5;

/** Their values may be secrets, or need a page. */
const UNSHOWN = /^(?:Environment|SetCredential|SetCredentialEncrypted|UnsetEnvironment)$/u;
/** A command beside the agent's: a password may be in its arguments. */
const COMMAND = /^Exec(?!Start$)/u;

/** A setting of a unit, with its value if that may be shown. */
export function settingText({ name, value }: Assignment, maxLength: number): string {
  const open = COMMAND.test(name) ? value.replace(/(?<=\S)\s.*$/su, " …") : value;
  return UNSHOWN.test(name) ? `${name}=` : `${name}=${printable(open, maxLength)}`;
}

/** `PrivateNetwork=yes (FILE line 3), Nice=5 (FILE line 4)`. */
export function listed(settings: readonly Assignment[]): string {
  return few(settings.map(shown));
}

export function shown(setting: Assignment): string {
  const { file, line } = setting;
  return `${settingText(setting, 200)} (${printable(file, 400)} line ${line})`;
}

/** The first of these, each once, and how many more there are. */
export function few(all: readonly string[]): string {
  const names = [...new Set(all)];
  const rest = names.length - MOST;
  return [...names.slice(0, MOST), ...(rest > 0 ? [`${rest} more`] : [])].join(", ");
}
