/**
 * Turns a clause from elsewhere into a sentence, with a capital and one mark at its end. An empty
 * clause stays empty.
 */
export function sentence(clause: string): string {
  const text = clause.trim().replace(/[.\s]+$/, "");
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return start === "" || /[!?…]$/.test(start) ? start : `${start}.`;
}
