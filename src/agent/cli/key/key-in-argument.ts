import { CommandError } from "../../../lib/command-line/command-error.ts";
import { withSudo } from "../../../lib/shell-word.ts";
import { KEY_LETTERS, KEY_PREFIX } from "../../../protocol/key-shape.ts";

/**
 * A key as an argument: with or without its prefix, alone or after an `=`. A path that contains
 * exc_ does not match.
 */
const KEY = new RegExp(
  `(^|[=:\\s"'])(${KEY_PREFIX}[A-Za-z0-9_-]{12,}|[A-Za-z]{${KEY_LETTERS}}(?![A-Za-z]))`,
  "iu",
);

/**
 * Whether an argument contains a key. The shell keeps arguments in its history, and every user can
 * read them in the process list.
 */
export function holdsKeyArgument(argument: string): boolean {
  return KEY.test(argument);
}

export function keyInArgument(): CommandError {
  return new CommandError(
    "usage",
    "An argument contains a key, so nothing was done. It is in the shell's history now, and every user of this host could read it in the process list.",
    {
      fix: `rotate that key, and give the new one at the prompt or on stdin: ${withSudo("novacula-agent set-key")}`,
    },
  );
}
