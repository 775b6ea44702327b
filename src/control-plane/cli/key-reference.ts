import { OperatorError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { ListedKey } from "./key-listing.ts";

/** The one key that `reference` means: its id, else its fingerprint, else its name where only one has it. */
export function keyByReference(keys: readonly ListedKey[], reference: string): ListedKey {
  const byId = keys.find(({ id }) => id === reference);
  const matches =
    byId === undefined
      ? keys.filter(({ name, fingerprint }) => name === reference || fingerprint === reference)
      : [byId];
  const [match, ...others] = matches;
  if (match === undefined) {
    throw new OperatorError(
      `there is no key ${shown(reference)}: give a key id, a name or a fingerprint from keys list`,
    );
  }
  if (others.length === 0) {
    return match;
  }
  const candidates = matches
    .map(({ id, status, fingerprint }) => `\n  ${id}  ${fingerprint}  ${status}`)
    .join("");
  throw new OperatorError(
    `${matches.length} keys are called ${shown(reference)}: give the id of one${candidates}`,
  );
}

/** Somebody will paste the key itself here one day; a message goes further than its reader thinks. */
function shown(reference: string): string {
  return reference.startsWith("exc_")
    ? "exc_… (that is the key itself, which is not stored)"
    : printable(reference);
}
