/**
 * Turns a clause from elsewhere into a sentence, with a capital and one mark at its end. A command
 * at its end gets none, because people copy it. An empty clause stays empty.
 */
export function sentence(clause: string): string {
  const text = clause.trim().replace(/[.\s]+$/, "");
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return start === "" || /[!?…]$/.test(start) || COMMAND_LAST.test(start) ? start : `${start}.`;
}

/** `Run: novacula-agent status`, with no sentence behind it, or a command on a line of its own. */
const COMMAND_LAST = /\brun: (?!.*[.;] )\S.*$|:\s*\n[^\n]+$/iu;
