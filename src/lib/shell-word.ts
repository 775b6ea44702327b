import { printable } from "./printable.ts";
import { commandForPod, inPlace } from "./text/remedy-place.ts";

/** Quotes any text as one printable word of a POSIX shell, for people to copy. */
export function shellWord(text: string): string {
  const word = printable(text, 4096);
  return /^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A command that only root may run, as the user of this program has to type it. */
export function asRoot(command: string): string {
  return commandForPod(command) ?? (process.geteuid?.() === 0 ? command : `sudo ${command}`);
}

/** The same for a line that others read: they are not the user of this program. */
export function withSudo(command: string): string {
  return commandForPod(command) ?? `sudo ${command}`;
}

/** Where people put another key, behind the name of its file: ` (sudo novacula-agent set-key)`. */
export function setKeyHint(): string {
  return inPlace({ host: " (sudo novacula-agent set-key)", pod: " (by its Secret)" });
}
