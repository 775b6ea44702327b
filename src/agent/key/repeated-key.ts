import type { NotAKey } from "./not-a-key.ts";

/** Two keys, or one of them twice, where one should be: pasted over without deleting, or both kept "for now". */
export function repeatedKey(text: string): NotAKey | undefined {
  const parts = text.split(/(?=exc_)/u).filter((part) => part.startsWith("exc_"));
  if (parts.length < 2) {
    return undefined;
  }
  const keys = new Set(parts.map((part) => part.match(/^exc_[\w+/-]*/u)?.[0]));
  if (keys.size === 1) {
    const times = parts.length === 2 ? "twice" : `${parts.length} times`;
    return { code: "repeated-key", problem: `holds the same key ${times}`, remedy: "Leave it once." };
  }
  const remedy =
    "Leave one: the agent takes a new key as soon as the file changes, so the old one need not stay beside it.";
  return { code: "several-keys", problem: `holds ${keys.size} different keys`, remedy };
}
