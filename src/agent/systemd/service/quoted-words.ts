/** One word, and where it ends; positions are UTF-16 units. */
interface Word {
  readonly text: string;
  readonly end: number;
}

const LETTERS: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  s: " ",
  t: "\t",
  v: "\v",
};

/**
 * Splits a line at white space, with the quotes and escapes of systemd.syntax(7). Reads what
 * `systemctl show` prints too, which writes `$'…'` around a text with special characters.
 */
export function quotedWords(line: string): readonly string[] {
  const words: string[] = [];
  let at = skipSpace(line, 0);
  while (at < line.length) {
    const word = wordAt(line, at);
    words.push(word.text);
    at = skipSpace(line, word.end);
  }
  return words;
}

function wordAt(line: string, start: number): Word {
  let text = "";
  let quote = "";
  let at = start;
  while (at < line.length) {
    const character = line.charAt(at);
    if (character === "\\") {
      const escaped = escapedAt(line, at);
      text += escaped.text;
      at = escaped.end;
      continue;
    }
    if (quote === "" && /\s/u.test(character)) {
      break;
    }
    if (quote === "" && line.startsWith("$'", at)) {
      at += 1;
      continue;
    }
    if (character === quote || (quote === "" && (character === '"' || character === "'"))) {
      quote = quote === "" ? character : "";
    } else {
      text += character;
    }
    at += 1;
  }
  return { text, end: at };
}

function escapedAt(line: string, at: number): Word {
  const number = /^\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|([0-7]{3}))/iu.exec(line.slice(at, at + 6));
  if (number !== null) {
    const [whole, short, long, octal = ""] = number;
    const hex = short ?? long;
    const code = hex === undefined ? Number.parseInt(octal, 8) : Number.parseInt(hex, 16);
    return { text: String.fromCharCode(code), end: at + whole.length };
  }
  const letter = line.charAt(at + 1);
  return { text: LETTERS[letter] ?? letter, end: at + 2 };
}

function skipSpace(line: string, at: number): number {
  let next = at;
  while (next < line.length && /\s/u.test(line.charAt(next))) {
    next += 1;
  }
  return next;
}
