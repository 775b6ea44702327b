/** What is typed letter by letter: programs, and the first word of settings, paths and hosts. */
const PROGRAM = /^(?:novacula-\S|set-key\b|sudo\b|system(?:d|ctl)\b|journalctl\b)/u;
const LETTER_BY_LETTER = /^\S*[._/=@:]\S*[^\s.,;:!?]/u;

/** The clause with a capital at its start, unless it begins with a name. */
export function capitalized(clause: string): string {
  return PROGRAM.test(clause) || LETTER_BY_LETTER.test(clause)
    ? clause
    : clause.charAt(0).toUpperCase() + clause.slice(1);
}

/**
 * Turns a clause from elsewhere into a sentence, with a capital (unless a name begins it) and one
 * mark at its end. A command at its end gets none, because people copy it. An empty clause stays
 * empty.
 */
export function sentence(clause: string): string {
  const text = clause.trim().replace(/[.\s]+$/, "");
  const start = capitalized(text);
  return start === "" || /[!?…]$/.test(start) || COMMAND_LAST.test(start) ? start : `${start}.`;
}

/** `Run: novacula-agent status`, with no sentence behind it, or a command on a line of its own. */
const COMMAND_LAST = /\brun: (?!.*[.;] )\S.*$|:\s*\n[^\n]+$/iu;
