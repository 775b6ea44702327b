import { randomLetters } from "../../lib/random-id.ts";
import { KEY_LETTERS, KEY_PREFIX } from "../../protocol/key-shape.ts";

/** A new executor key, 365 bits, in the form that better-auth's plugin gives them. */
export function randomKey(): string {
  return KEY_PREFIX + randomLetters(KEY_LETTERS);
}
