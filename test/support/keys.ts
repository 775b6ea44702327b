import { randomBytes } from "node:crypto";
import { noteKey } from "./canary.ts";

/** A key of the usual form, `exc_` and 64 letters, made at run time and known to the canary. */
export function makeKey(): string {
  const letters = Array.from(randomBytes(64), (byte) => letterOf(byte)).join("");
  const secret = `exc_${letters}`;
  noteKey(secret);
  return secret;
}

function letterOf(byte: number): string {
  const letter = String.fromCharCode(97 + (byte % 26));
  return byte >= 128 ? letter.toUpperCase() : letter;
}
