import { oddCharacter } from "./odd-character.ts";

/** What was copied along with a key. `index` is where it begins in the text. */
export interface Wrapping {
  readonly code: string;
  readonly problem: string;
  readonly remedy: string;
  readonly index: number;
}

/** What `unwrapKey` found, and what is left of the text. */
export interface Unwrapped {
  readonly wrappings: readonly Wrapping[];
  /** The start and the exclusive end of the rest in the text. */
  readonly start: number;
  readonly end: number;
}

type Rule = Omit<Wrapping, "index"> & { readonly pattern: RegExp };

const ONLY_THE_KEY = "Keep only the key, from exc_ to its last letter.";
const QUOTES = "[\"'`\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a]";
const EQUALS = String.raw`\s*(?::=|=>|[=:])\s*`;
/** The name of a setting that could hold a key: not every word before a colon is one. */
const SETTING = String.raw`(?!exc_)[\w.-]{0,40}(?:token|key|secret|auth|credential|password|novacula)[\w.-]{0,40}`;
const ANY_NAME = String.raw`(?!exc_)[\w.-]{1,60}(?=${QUOTES}?${EQUALS}${QUOTES}?exc_)`;
const EXPORT = String.raw`(?:export|setx?|const|let|var|env|-e|--env)\s+(?!exc_)[\w.-]{1,60}\s*[=:]\s*`;

/** What a terminal sends around pasted text. Its first character, ESCAPE, may be lost. */
const PASTE_MARK = String.raw`(?:\u001b|\^\[)?\[?`;

/** Before the key; each includes the white space that follows. */
const LEADING: readonly Rule[] = [
  {
    code: "paste-marks",
    pattern: new RegExp(`^${PASTE_MARK}200~`, "u"),
    problem: "has a terminal's paste marks around it (U+001B ESCAPE and [200~)",
    remedy: ONLY_THE_KEY,
  },
  {
    code: "json",
    pattern: /^[{[]\s*".*?(?=exc_[A-Za-z]{8})/su,
    problem: "is wrapped in JSON",
    remedy: `${ONLY_THE_KEY} The command that creates a key prints it alone with --key-only.`,
  },
  {
    code: "comment",
    pattern: /^(?:#|\/\/)[^\n]*\n\s*/u,
    problem: "has a comment before it",
    remedy: "Delete the comment: a key file contains the key alone.",
  },
  {
    code: "authorization-header",
    pattern: /^(?:-H\s+)?["']?Authorization\s*:\s*/iu,
    problem: "has Authorization: before it",
    remedy: `${ONLY_THE_KEY} The agent adds the header itself.`,
  },
  {
    code: "bearer",
    pattern: /^Bearer(?:\s*:\s*|\s+|$)/iu,
    problem: "has the word Bearer before it",
    remedy: `${ONLY_THE_KEY} The agent adds that word itself.`,
  },
  {
    code: "assignment",
    pattern: new RegExp(
      String.raw`^(?:\[[\w.-]+\]\s*)?(?:\$env:)?(?:${EXPORT}|${QUOTES}?(?:${SETTING}|${ANY_NAME})${QUOTES}?${EQUALS})(?=[^=\s])`,
      "iu",
    ),
    problem: "has the name of a setting before it",
    remedy: ONLY_THE_KEY,
  },
  {
    code: "quotes",
    pattern: new RegExp(`^${QUOTES}+\\s*`, "u"),
    problem: "has its own quote before it",
    remedy: ONLY_THE_KEY,
  },
  {
    code: "brackets",
    pattern: /^[<([{]+(?=exc_[A-Za-z]{8,})/u,
    problem: "has a bracket before it",
    remedy: ONLY_THE_KEY,
  },
];

/** After the key; each includes the white space before it. */
const TRAILING: readonly Rule[] = [
  {
    code: "paste-marks",
    pattern: new RegExp(`${PASTE_MARK}201~$`, "u"),
    problem: "has a terminal's paste mark after it (U+001B ESCAPE and [201~)",
    remedy: ONLY_THE_KEY,
  },
  {
    code: "json",
    pattern: /(?<=^exc_[A-Za-z]+)"\s*[,}\]].*[}\]]$/su,
    problem: "is wrapped in JSON",
    remedy: `${ONLY_THE_KEY} The command that creates a key prints it alone with --key-only.`,
  },
  {
    code: "comment",
    pattern: /\s+(?:#|\/\/)[^\n]*$/u,
    problem: "has a comment after it",
    remedy: "Move the comment out of the quotes, or to a line of its own.",
  },
  {
    code: "escape-sequence",
    pattern: /(?:\s*\\[nrt]|%0[AaDd9]|%20)+$/u,
    problem: "ends with an escape sequence as text, such as a backslash and an n",
    remedy: ONLY_THE_KEY,
  },
  {
    code: "trailing-punctuation",
    pattern: /(?<=[A-Za-z0-9"'`\u2019\u201d])\s*(?:[,;\\]+|(?<![.])[.]|(?<=^exc_\w+)%)$/u,
    problem: "ends with a comma, semicolon, full stop, backslash or percent sign",
    remedy: ONLY_THE_KEY,
  },
  {
    code: "brackets",
    pattern: /(?<=[A-Za-z]{8}["']?)\s*[>)\]}]+$/u,
    problem: "has a bracket after it",
    remedy: ONLY_THE_KEY,
  },
  {
    code: "quotes",
    pattern: new RegExp(`\\s*${QUOTES}+$`, "u"),
    problem: "has its own quote after it",
    remedy: ONLY_THE_KEY,
  },
];

const PUNCTUATION: ReadonlyMap<string, string> = new Map([
  [",", "a comma"],
  [";", "a semicolon"],
  [".", "a full stop"],
  ["\\", "a backslash"],
  ["%", "a percent sign, which zsh shows if a line end is missing"],
]);

/**
 * Removes, layer by layer, what was copied with a key, and names each layer. `text` has at most 512
 * characters.
 */
export function unwrapKey(text: string): Unwrapped {
  const wrappings: Wrapping[] = [];
  let start = 0;
  let end = text.length;
  for (;;) {
    const rest = text.slice(start, end);
    const front = match(LEADING, rest);
    if (front !== undefined) {
      add(wrappings, { ...front, index: start });
      start += front.text.length;
      continue;
    }
    const back = match(TRAILING, rest);
    if (back === undefined) {
      return { wrappings: withoutInner(wrappings), start, end };
    }
    end -= back.text.length;
    add(wrappings, { ...back, index: end + back.text.length - back.text.trimStart().length });
  }
}

/**
 * If the whole `access_token = "…",` has to go, its quotes and comma need no finding of their own.
 */
function withoutInner(wrappings: readonly Wrapping[]): readonly Wrapping[] {
  const line = wrappings.find(({ code }) => ["json", "assignment", "authorization-header"].includes(code));
  return line === undefined ? wrappings : [line];
}

interface Layer {
  readonly rule: Rule;
  readonly text: string;
}

function match(rules: readonly Rule[], text: string): Layer | undefined {
  for (const rule of rules) {
    const layer = text.match(rule.pattern)?.[0] ?? "";
    if (layer !== "") {
      return { rule, text: layer };
    }
  }
  return undefined;
}

/** Adds a layer. Quotes or brackets on both sides become one finding, at the place of the first. */
function add(wrappings: Wrapping[], { rule, text, index }: Layer & { readonly index: number }): void {
  const { code, remedy } = rule;
  const position = wrappings.findIndex((wrapping) => wrapping.code === code);
  const other = wrappings[position];
  if (other === undefined) {
    wrappings.push({ code, problem: problemOf(rule, text), remedy, index });
    return;
  }
  const around = code === "quotes" ? "has its own quotes around it" : "has brackets around it";
  if ((code === "quotes" || code === "brackets") && other.index < index) {
    wrappings[position] = { ...other, problem: around + smartName(other.problem) };
  }
}

function problemOf(rule: Rule, text: string): string {
  const named = PUNCTUATION.get(text.trim());
  if (rule.code === "trailing-punctuation" && named !== undefined) {
    return `ends with ${named}`;
  }
  const [first = ""] = Array.from(text.trim());
  const isSmart = rule.code === "quotes" && /[^\x20-\x7e]/u.test(first);
  return isSmart ? `${rule.problem}, ${oddCharacter(first)?.name}` : rule.problem;
}

/** The `, U+201C …` at the end of a sentence about a quote that is not an ASCII one. */
function smartName(problem: string): string {
  return problem.match(/, U\+.*$/u)?.[0] ?? "";
}
