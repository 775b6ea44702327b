/** A run this long of mixed-case letters or digits is no word that a person would write: more likely half a key. */
const RANDOM_RUN = /[A-Za-z0-9+/=_-]{20,}/gu;

/**
 * Whether a text out of a configuration may be a key, or a piece of one, in the wrong place. Such a text is never
 * echoed: a canary too many only costs an operator a look into the file.
 */
export function looksSecret(text: string): boolean {
  if (/exc[_-]|-----BEGIN/iu.test(text)) return true;
  return (text.match(RANDOM_RUN) ?? []).some(isRandom);
}

function isRandom(run: string): boolean {
  const classChanges = run.match(/[a-z](?=[A-Z0-9])|[0-9](?=[A-Za-z])/gu) ?? [];
  return classChanges.length >= 4 || /^[A-Za-z]{40,}$/u.test(run);
}
