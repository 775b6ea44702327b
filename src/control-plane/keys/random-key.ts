import { randomLetters } from "../../lib/random-id.ts";
import { KEY_LETTERS, KEY_PREFIX } from "../../protocol/key-shape.ts";

/** A new executor key with 365 random bits, in the form of better-auth's API keys. */
export function randomKey(): string {
  return KEY_PREFIX + randomLetters(KEY_LETTERS);
}
