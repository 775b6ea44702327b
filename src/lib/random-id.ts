import { randomInt } from "node:crypto";

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

const TIME_LENGTH = 9;

/**
 * An id of 32 letters and digits, like those of better-auth. It begins with the time in
 * milliseconds, in base 36, so that rows created together lie together in every index (RFC 9562,
 * 6.11). 137 bits are random.
 */
export function randomId(): string {
  const time = Date.now().toString(36).padStart(TIME_LENGTH, "0");
  return time + randomText(32 - TIME_LENGTH, `${LETTERS}0123456789`);
}

/**
 * A password for a person to type once and then change: four groups of five characters, 103 bits,
 * without letters that look alike.
 */
export function randomPassword(): string {
  return Array.from({ length: 4 }, () =>
    randomText(5, "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"),
  ).join("-");
}

/** Random letters of both cases, 5.7 bits each. */
export function randomLetters(length: number): string {
  return randomText(length, LETTERS);
}

/** Without bias: a plain remainder of random bytes would favour some letters. */
function randomText(length: number, alphabet: string): string {
  return Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join("");
}
