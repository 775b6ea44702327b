import { randomInt } from "node:crypto";

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

const TIME_LENGTH = 9;

/**
 * 32 letters and digits, as better-auth's ids are. They begin with the millisecond, in base 36, so that rows which were
 * made together lie together in every index (RFC 9562, 6.11); 137 bits are random.
 */
export function randomId(): string {
  const time = Date.now().toString(36).padStart(TIME_LENGTH, "0");
  return time + randomText(32 - TIME_LENGTH, `${LETTERS}0123456789`);
}

/** A new executor key: `exc_` and 64 letters, 365 bits, as better-auth's plugin makes them. */
export function randomKey(): string {
  return `exc_${randomText(64, LETTERS)}`;
}

/** For a person to type once and change: four groups of five, 103 bits, without the letters that look alike. */
export function randomPassword(): string {
  return Array.from({ length: 4 }, () =>
    randomText(5, "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"),
  ).join("-");
}

/** randomInt draws again where a remainder would favour some letters. */
function randomText(length: number, alphabet: string): string {
  return Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join("");
}
