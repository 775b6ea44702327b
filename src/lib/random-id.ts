import { randomInt } from "node:crypto";

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

const TIME_LENGTH = 9;

/**
 * 32 letters and digits, as better-auth's ids are. They begin with the millisecond, in base 36, so
 * that rows made together lie together in every index (RFC 9562, 6.11); 137 bits are random.
 */
export function randomId(): string {
  const time = Date.now().toString(36).padStart(TIME_LENGTH, "0");
  return time + randomText(32 - TIME_LENGTH, `${LETTERS}0123456789`);
}

/**
 * A password for a person to type once and change: four groups of five, 103 bits, without letters
 * that look alike.
 */
export function randomPassword(): string {
  return Array.from({ length: 4 }, () =>
    randomText(5, "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"),
  ).join("-");
}

/** Letters of both cases, 5.7 bits each. */
export function randomLetters(length: number): string {
  return randomText(length, LETTERS);
}

/** randomInt draws again if a remainder would favour some letters. */
function randomText(length: number, alphabet: string): string {
  return Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join("");
}
