/** What a key looks like as an argument, whole or without its prefix, alone or behind an `=`; a path with `exc_` in it is not one. */
const KEY = /(^|[=:\s"'])(exc_[A-Za-z0-9_-]{12,}|[A-Za-z]{64}(?![A-Za-z]))/iu;

/** Whether an argument holds a key: every user of this host can read it in the process list, and the shell keeps it. */
export function holdsKey(argument: string): boolean {
  return KEY.test(argument);
}

export const KEY_IN_ARGUMENT = [
  "novacula-agent: an argument holds a key, so nothing was done.",
  "It stands in the shell's history now, and any user of this host could read it in the process list: rotate that key.",
  "Hand over the new one on stdin or at the prompt, never as an argument: novacula-agent set-key",
].join("\n");
