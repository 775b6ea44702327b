/**
 * A word of this many mixed letters and digits is not one that people write. It is probably half a
 * key.
 */
const LONG_RUN = /[A-Za-z0-9]{20,}/gu;
/** As in the query of a URL: `?access_token=…`. */
const NAMED = /(?:key|token|secret|pass|pwd|credential|auth|sig)\w*=[^\s&]/iu;

/**
 * Whether a text in a configuration may be a secret or a piece of one. Such a text is never shown.
 * If it is harmless, the operator has to look it up in the file.
 */
export function looksSecret(text: string): boolean {
  if (/exc[_-]|-----BEGIN|:\/\/[^/]*@/iu.test(text) || NAMED.test(text)) {
    return true;
  }
  return (text.match(LONG_RUN) ?? []).some(isRandom);
}

function isRandom(run: string): boolean {
  const classChanges = run.match(/[a-z](?=[A-Z0-9])|[0-9](?=[A-Za-z])/gu) ?? [];
  return classChanges.length >= 4 || run.length >= 40;
}
