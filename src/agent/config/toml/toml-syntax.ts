import { oddCharacter } from "../../key/odd-character.ts";
import type { ConfigIssue } from "../issue/config-issue.ts";
import { KEYS_BY_TABLE } from "../schema/config-schema.ts";
import { positionAt, type TextPosition } from "./toml-outline.ts";

/** One way in which a line is not TOML. `at` finds the place; without it, the parser's is the best there is. */
interface SyntaxRule {
  readonly code: string;
  readonly pattern: RegExp;
  readonly at?: RegExp;
  readonly problem: string;
  /** `NAME` stands for the name of the key in question. */
  readonly remedy: string;
}

const SMART_QUOTE = /[\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u2032\u2033\uff02\uff07]/u;
const ODD_SPACE = /(?!\t)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;
const QUOTE_IT = 'Put it into double quotes: NAME = "…".';

/** A longer line is no person's: the rules look at its beginning, so that none of them takes long. */
const MAX_LINE = 2000;

/** What people write into agent.toml out of the habit of another format; the first that fits is said. */
const LINE_RULES: readonly SyntaxRule[] = [
  {
    code: "shell-syntax",
    pattern: /^\s*(export|set|let|const|var)\s+[\w.-]+\s*=/u,
    at: /\S/u,
    problem: "starts with a word of a shell or a programming language",
    remedy: 'Write the key\'s name alone, then = and the value: NAME = "…".',
  },
  {
    code: "colon",
    pattern: /^\s*["']?[\w.-]+["']?\s*:/u,
    at: /:/u,
    problem: "has a colon behind the name, as in YAML or JSON",
    remedy: 'TOML wants an equals sign: NAME = "…".',
  },
  {
    code: "comment-syntax",
    pattern: /^\s*(\/\/|\/\*|;|--|<!--)/u,
    at: /\S/u,
    problem: "is a comment in another language",
    remedy: "Start it with #.",
  },
  {
    code: "two-equals",
    pattern: /^\s*[\w."'-]+\s*==/u,
    at: /==/u,
    problem: "has two equals signs",
    remedy: "Leave one.",
  },
  {
    code: "missing-value",
    pattern: /^\s*[\w."'-]+\s*=\s*(#.*)?$/u,
    problem: "has no value behind the equals sign",
    remedy: "Write a value, or put a # in front of the line.",
  },
  {
    code: "boolean-case",
    pattern: /=\s*(True|False|TRUE|FALSE|yes|no|on|off|Yes|No|None|null|nil)\s*(#.*)?$/u,
    problem: "has a value that TOML does not know",
    remedy: "It knows true and false, numbers, and text in double quotes.",
  },
  {
    code: "missing-quote",
    pattern: /=\s*"([^"\\]|\\.)*$|=\s*'[^']*$/u,
    at: /(?<==\s*)["']/u,
    problem: "opens a quote that is never closed",
    remedy: "Close it with the same quote, on the same line.",
  },
  {
    code: "text-behind-value",
    pattern: /=\s*("([^"\\]|\\.)*"|'[^']*')\s*[^\s#]/u,
    problem: "has something behind the closing quote",
    remedy: "Delete it: no comma or semicolon ends a line, and a comment starts with #.",
  },
  {
    code: "escape",
    pattern: /=\s*"[^"]*\\[^"]*"/u,
    at: /\\/u,
    problem: "has a backslash that TOML does not understand in double quotes",
    remedy: "Use single quotes, or write it twice.",
  },
  {
    code: "missing-quote",
    pattern: /=\s*[^\s"'[{#][^#]*["']\s*(#.*)?$/u,
    problem: "closes a quote that was never opened",
    remedy: QUOTE_IT,
  },
  {
    code: "unquoted-value",
    pattern: /^\s*[\w."'-]+\s*=\s*[^\s"'[{]/u,
    problem: "has a value without quotes",
    remedy: QUOTE_IT,
  },
  {
    code: "missing-bracket",
    pattern: /^[^#]*=\s*(\[[^\]]*|\{[^}]*)$|^\s*\[[^\]]*$|^\s*\[\[[^\]]*\]\s*$|^\s*[\w.-]+\]\s*$/u,
    at: /[[{\]]/u,
    problem: "has a bracket without its other half",
    remedy: "A table is written as [control_plane]; a value stands in quotes.",
  },
  {
    code: "missing-equals",
    pattern: /^\s*[\w.-]+\s+["'\w]|^\s*["']?[\w-]+["']?\s*$/u,
    problem: "has no equals sign behind the name, or a name of two words",
    remedy: 'Write NAME = "…": the name in one word, then =.',
  },
];

/**
 * A TOML mistake in our own words: the parsers' quote the lines around it, and the key may stand there. `places` is where
 * the parsers stopped, the better one first; a mistake at the end of a line makes some of them stop on the next. Of the
 * text, only a known key's name and the code point of an odd character are ever said.
 */
export function explainSyntax(text: string, file: string, places: readonly TextPosition[]): ConfigIssue {
  const whole = anotherFormat(text) ?? unclosedText(text);
  if (whole !== undefined) {
    return { file, ...whole };
  }
  const lines = text.split("\n");
  for (const place of [...places, ...places.map((later) => lineAbove(lines, later))]) {
    const explained = explainLine((lines[place.line - 1] ?? "").slice(0, MAX_LINE), place);
    if (explained === undefined) {
      continue;
    }
    const key = knownKey(lines, place.line);
    const remedy = explained.remedy.replace("NAME", key?.split(".").at(-1) ?? "name");
    return key === undefined ? { file, ...explained, remedy } : { file, key, ...explained, remedy };
  }
  const [place] = places;
  const problem = place === undefined ? "is not valid TOML" : "is not valid TOML from here on";
  const remedy = "Check the quotes, brackets and equals signs of this line and the one above it.";
  return { code: "syntax", file, ...place, problem, remedy };
}

type Explained = Pick<ConfigIssue, "code" | "problem" | "remedy"> & TextPosition;

function explainLine(line: string, place: TextPosition): Explained | undefined {
  const odd = oddCharacterOn(line, place.line);
  if (odd !== undefined) {
    return odd;
  }
  const rule = LINE_RULES.find(({ pattern }) => pattern.test(line));
  if (rule === undefined) {
    return undefined;
  }
  const { code, problem, remedy } = rule;
  const index = rule.at === undefined ? -1 : line.search(rule.at);
  const column = index === -1 ? Math.min(place.column, columnOf(line, line.length)) : columnOf(line, index);
  return { line: place.line, column, code, problem, remedy };
}

/** The end of the last line above `place` that has something on it. */
function lineAbove(lines: readonly string[], place: TextPosition): TextPosition {
  const index = lines.slice(0, place.line - 1).findLastIndex((row) => /^\s*[^\s#]/u.test(row));
  return { line: index + 1, column: columnOf(lines[index] ?? "", (lines[index] ?? "").length) };
}

/** A key or a table that stands twice, with both of its lines where they can be told. */
export function explainDuplicate(text: string, file: string, place: TextPosition): ConfigIssue {
  const lines = text.split("\n");
  const line = lines[place.line - 1] ?? "";
  const name = line.match(/^\s*(\[?\[?\s*[\w."'-]+\s*\]?\]?)\s*(?==|#|$)/u)?.[1];
  const key = knownKey(lines, place.line);
  const from = name?.startsWith("[")
    ? 0
    : lines.slice(0, place.line - 1).findLastIndex((row) => /^\s*\[/u.test(row));
  const earlier = lines.findIndex(
    (row, index) => index >= from && index < place.line - 1 && name !== undefined && isSameStart(row, name),
  );
  const where = earlier === -1 ? "" : `, in lines ${earlier + 1} and ${place.line}`;
  const subject = key === undefined ? { file } : { file, key };
  const problem = `is set twice${where}`;
  return {
    ...subject,
    ...place,
    code: "duplicate-key",
    problem,
    remedy: "Delete the line that is not meant.",
  };
}

function isSameStart(row: string, name: string): boolean {
  const start = row.trimStart();
  return start.startsWith(name) && /^\s*([=#]|$)/u.test(start.slice(name.length));
}

function anotherFormat(text: string): Explained | undefined {
  const start = text.trimStart().slice(0, 4);
  const formats = [
    ["{", "JSON"],
    ["<", "HTML or XML"],
    ["---\n", "YAML"],
  ] as const;
  const [, format] = formats.find(([mark]) => start.startsWith(mark)) ?? [];
  if (format === undefined) {
    return undefined;
  }
  const remedy = 'Write it in TOML: [control_plane], and below it url = "https://…".';
  return { code: "not-toml", line: 1, column: 1, problem: `is ${format}, not TOML`, remedy };
}

/** Three quotes that are never closed run to the end of the file, and that is where a parser complains. */
function unclosedText(text: string): Explained | undefined {
  for (const quotes of ['"""', "'''"]) {
    if (text.split(quotes).length % 2 === 1) {
      continue;
    }
    const problem = "opens a text of several lines that is never closed";
    const remedy = "Use one quote on either side: no value of agent.toml has more than one line.";
    return { ...positionAt(text, text.lastIndexOf(quotes)), code: "missing-quote", problem, remedy };
  }
  return undefined;
}

function oddCharacterOn(line: string, lineNumber: number): Explained | undefined {
  const code = line.replace(/#.*$/u, "");
  const smart = code.search(SMART_QUOTE);
  const index = smart === -1 ? code.search(ODD_SPACE) : smart;
  const name = oddCharacter(String.fromCodePoint(code.codePointAt(index) ?? 0))?.name;
  if (index === -1 || name === undefined) {
    return undefined;
  }
  const place = { line: lineNumber, column: columnOf(line, index) };
  if (smart !== -1) {
    return {
      ...place,
      code: "smart-quote",
      problem: `has ${name}`,
      remedy: 'Type a plain quote (") in its place.',
    };
  }
  return {
    ...place,
    code: "odd-character",
    problem: `has ${name}`,
    remedy: "Delete it, or type a plain space in its place.",
  };
}

/** `control_plane.access_token`, if the line is about a key that agent.toml has: other names are not repeated. */
function knownKey(lines: readonly string[], lineNumber: number): string | undefined {
  const line = lines[lineNumber - 1] ?? "";
  const table = line.match(/^\s*\[\s*(\w+)/u)?.[1];
  if (table !== undefined) {
    return KEYS_BY_TABLE.has(table) ? table : undefined;
  }
  const name = line.match(/^\s*(?:export\s+)?["']?(\w+)/u)?.[1]?.toLowerCase() ?? "";
  const above = lines.slice(0, lineNumber - 1);
  const header = above.findLast((row) => /^\s*\[\w+\]/u.test(row))?.match(/\w+/u)?.[0] ?? "";
  if (KEYS_BY_TABLE.get(header)?.includes(name)) {
    return `${header}.${name}`;
  }
  return [...KEYS_BY_TABLE.values()].some((keys) => keys.includes(name)) ? name : undefined;
}

function columnOf(line: string, index: number): number {
  return Array.from(line.slice(0, index)).length + 1;
}
