import { KEY_LETTERS, KEY_PREFIX } from "../../protocol/key-shape.ts";
import { refusal, type UnplacedFinding } from "./unplaced-finding.ts";

const WHOLE_KEY = new RegExp(`(?<![\\w-])${KEY_PREFIX}[A-Za-z]{${KEY_LETTERS}}(?![\\w-])`, "gu");
/** One line beside the key may be a mistake in copying it, which other rules name. */
const FEWEST_OTHERS = 2;

/** Finds one whole key in a longer text, such as what the command printed that created it. */
export function keyInText(text: string): UnplacedFinding | undefined {
  const lines = text.split("\n");
  const others = lines.filter((line) => isText(line) && !line.includes(KEY_PREFIX));
  const [found, ...more] = text.matchAll(WHOLE_KEY);
  if (found === undefined || others.length < FEWEST_OTHERS || text.startsWith("{")) {
    return undefined;
  }
  if (more.some(([key]) => key !== found[0]) || text.split(KEY_PREFIX).length - 2 !== more.length) {
    return undefined;
  }
  const line = text.slice(0, found.index).split("\n").length;
  return refusal(
    "key-in-text",
    `is one of ${lines.length} lines of text: exactly one whole key is there, in line ${line}`,
    `Paste only that word, from ${KEY_PREFIX} to its last letter, without quotes. To pipe it, create the key with --key-only, which prints nothing else.`,
    found.index,
  );
}

/** Not a comment: those are named by themselves. */
function isText(line: string): boolean {
  return /\w/u.test(line) && !/^\s*(?:#|\/\/)/u.test(line);
}
