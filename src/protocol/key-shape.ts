/** How every executor key begins. */
export const KEY_PREFIX = "exc_";

/** How many letters follow the prefix in a key that the control plane issues. */
export const KEY_LETTERS = 64;

/** Whether a text has the form of an executor key, of whatever length; many such texts are none. */
export function isKeyShaped(text: string): boolean {
  return /^exc_\w+$/.test(text);
}

/**
 * Whether a text in the form of a key is long enough to have its fingerprint printed: that of a
 * shorter one, or of a pasted password, would help to guess it.
 */
export function mayShowFingerprint(text: string): boolean {
  return /^exc_\w{16,}$/.test(text);
}

/** Whether a key, or the beginning of one, is anywhere in `text`. */
export function holdsKey(text: string): boolean {
  return /exc_[A-Za-z0-9]{8,}/.test(text);
}

/** `text` with everything that could be a key blacked out: rather too much than too little. */
export function withoutKeys(text: string): string {
  return text.replaceAll(/exc_[A-Za-z0-9_-]{8,}/g, "exc_[redacted]");
}
