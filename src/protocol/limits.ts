/** Limits that the control plane enforces and the page announces. */

/** Unicode characters of an API key's name. */
export const MAX_KEY_NAME_CHARACTERS = 32;

/** The longest path of RFC 5321 (4.5.3.1.3), without its angle brackets. */
export const MAX_EMAIL_CHARACTERS = 254;

export const MIN_PASSWORD_CHARACTERS = 12;
/** scrypt accepts any length; this is better-auth's default. */
export const MAX_PASSWORD_CHARACTERS = 128;
