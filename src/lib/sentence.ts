/**
 * A clause from elsewhere as a sentence: with a capital, and one mark at its end. Empty for an
 * empty clause.
 */
export function sentence(clause: string): string {
  const text = clause.trim().replace(/[.\s]+$/, "");
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return start === "" || /[!?…]$/.test(start) ? start : `${start}.`;
}
