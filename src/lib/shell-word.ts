import { printable } from "./printable.ts";

/** Quotes any text as one printable word of a POSIX shell, for people to copy. */
export function shellWord(text: string): string {
  const word = printable(text, 4096);
  return /^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A command that only root may run, as the user of this program has to type it. */
export function asRoot(command: string): string {
  return process.geteuid?.() === 0 ? command : `sudo ${command}`;
}
