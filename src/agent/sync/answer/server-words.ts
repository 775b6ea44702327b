import * as z from "zod";
import { printable } from "../../../lib/printable.ts";
import { withoutKeys } from "../../../protocol/key-shape.ts";

const LONGEST = 120;
/** Where servers put their sentence, in any case, the most telling first. */
const NAMES = [
  "message",
  "error_description",
  "detail",
  "errors",
  "error",
  "fault",
  "faultstring",
  "msg",
  "title",
  "description",
  "errorsummary",
  "reason",
  "code",
];
/** `{"fault":{"faultstring":"…"}}` is the deepest in use. */
const DEEPEST = 3;

const members = z.record(z.string(), z.unknown());

/** `text` as a line may show it. */
export function serverWords(text: string, longest = LONGEST): string {
  // Cut first: a long text costs more to search.
  return printable(withoutKeys(text.slice(0, longest * 8)), longest);
}

/** What a server says in its JSON, as one printable line without keys; undefined if nothing. */
export function wordsInJson(value: unknown, depth = 0): string | undefined {
  if (typeof value === "string") {
    const words = serverWords(value);
    return words === "" ? undefined : words;
  }
  if (depth > DEEPEST) {
    return undefined;
  }
  if (Array.isArray(value)) {
    return wordsInJson(value[0], depth + 1);
  }
  const named = members.safeParse(value);
  if (!named.success) {
    return undefined;
  }
  const byName = new Map(Object.entries(named.data).map(([name, part]) => [name.toLowerCase(), part]));
  for (const name of NAMES) {
    const words = wordsInJson(byName.get(name), depth + 1);
    if (words !== undefined) {
      return words;
    }
  }
  return undefined;
}
