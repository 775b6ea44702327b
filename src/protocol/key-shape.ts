/** How every executor key begins. */
export const KEY_PREFIX = "exc_";

/** How many letters follow the prefix in a key that the control plane issues. */
export const KEY_LETTERS = 64;

/** Whether a text has the form of an executor key, of any length. Not every such text is a key. */
export function isKeyShaped(text: string): boolean {
  return /^exc_\w+$/.test(text);
}

/**
 * Whether a text has the form of a key and is long enough to print its fingerprint. The fingerprint
 * of a shorter text, or of a pasted password, would help to guess the text.
 */
export function mayShowFingerprint(text: string): boolean {
  return /^exc_\w{16,}$/.test(text);
}

/** Whether `text` contains a key or the beginning of one. */
export function holdsKey(text: string): boolean {
  return /exc_[A-Za-z0-9]{8,}/.test(text);
}

/**
 * Replaces everything in `text` that could be a key; other text that looks like one goes with it.
 */
export function withoutKeys(text: string): string {
  return text.replaceAll(/exc_[A-Za-z0-9_-]{8,}/g, "exc_[redacted]");
}
