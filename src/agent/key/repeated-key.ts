import type { StandIn } from "../stand-in/stand-in.ts";

/**
 * Finds several keys, or the same key several times. Someone pasted a key and left the old one
 * there.
 */
export function repeatedKey(text: string): StandIn | undefined {
  const parts = text.split(/(?=exc_)/u).filter((part) => part.startsWith("exc_"));
  if (parts.length < 2) {
    return undefined;
  }
  const keys = new Set(parts.map((part) => part.match(/^exc_[\w+/-]*/u)?.[0]));
  if (keys.size === 1) {
    const times = parts.length === 2 ? "twice" : `${parts.length} times`;
    return { code: "repeated-key", problem: `contains the key ${times}`, remedy: "Keep one copy." };
  }
  const remedy =
    "Keep the newest: the agent applies it as soon as the file changes and does not need the old one.";
  return { code: "several-keys", problem: `contains ${keys.size} different keys`, remedy };
}
