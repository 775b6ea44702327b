import { mapRemedy } from "../../../lib/text/remedy.ts";
import { oddCharacter } from "../../key/odd-character.ts";
import { alteredText } from "../../stand-in/altered-text.ts";
import { encodedText } from "../../stand-in/encoded-text.ts";
import { secretReference } from "../../stand-in/secret-reference.ts";
import type { StandIn } from "../../stand-in/stand-in.ts";
import { toolOutput } from "../../stand-in/tool-output.ts";
import type { ConfigIssue } from "../issue/config-issue.ts";
import { KEYS_BY_TABLE } from "../schema/config-schema.ts";
import { bareValue, exampleValue, isNumeric } from "./bare-value.ts";
import { LINE_RULES, type SyntaxRule } from "./toml-line-rules.ts";
import { positionAt, type TextPosition } from "./toml-outline.ts";

const SMART_QUOTE = /[\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u2032\u2033\uff02\uff07]/u;
const ODD_SPACE = /(?!\t)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;
/** Rules look only at the start of a longer line, so that none of them is slow. */
const MAX_LINE = 2000;

/**
 * Explains a TOML mistake in our own words, because the messages of the parsers quote the lines
 * around it, and the key may be there. `places` are where the parsers stopped, the better place
 * first: some parsers stop on the next line after a mistake at the end of a line. The explanation
 * quotes only names of known settings and code points of odd characters.
 */
export function explainSyntax(text: string, file: string, places: readonly TextPosition[]): ConfigIssue {
  const whole = alteredFile(text) ?? anotherFormat(text) ?? unclosedText(text) ?? anotherFile(text);
  if (whole !== undefined) {
    return { file, ...whole };
  }
  const lines = text.split("\n");
  for (const place of [...places, ...places.map((later) => lineAbove(lines, later))]) {
    const found = explainLine((lines[place.line - 1] ?? "").slice(0, MAX_LINE), place);
    if (found === undefined) {
      continue;
    }
    const key = knownKey(lines, place.line);
    const name = key?.split(".").at(-1) ?? "name";
    const { isBare, ...said } = found;
    const line = (lines[found.line - 1] ?? "").slice(0, MAX_LINE);
    const isValue = isBare || (found.code === "missing-quote" && isNumeric(name));
    const exact = isValue ? bareValue(line, key) : undefined;
    const example = () => `${name} = ${exampleValue(line, key)}`;
    const named = mapRemedy(found.remedy, (text) =>
      text.replace('NAME = "…"', example).replace("NAME", name),
    );
    const remedy = exact?.remedy ?? named;
    return { file, ...(key !== undefined && { key }), ...said, ...exact, remedy };
  }
  const [place] = places;
  const problem = place === undefined ? "is not valid TOML" : "is not valid TOML from here on";
  const remedy = "Check the quotes, brackets and equals signs of this line and the one above it.";
  return { code: "syntax", file, ...place, problem, remedy };
}

type Explained = Pick<ConfigIssue, "code" | "problem" | "remedy"> & TextPosition;

function explainLine(
  line: string,
  place: TextPosition,
): (Explained & Pick<SyntaxRule, "isBare">) | undefined {
  const odd = oddCharacterOn(line, place.line);
  if (odd !== undefined) {
    return odd;
  }
  const rule = LINE_RULES.find(({ pattern }) => pattern.test(line));
  if (rule === undefined) {
    return undefined;
  }
  const { code, problem, remedy, isBare } = rule;
  const index = rule.at === undefined ? -1 : line.search(rule.at);
  const column = index === -1 ? Math.min(place.column, columnOf(line, line.length)) : columnOf(line, index);
  return { line: place.line, column, code, problem, remedy, ...(isBare && { isBare }) };
}

/** The end of the last line above `place` that is neither empty nor a comment. */
function lineAbove(lines: readonly string[], place: TextPosition): TextPosition {
  const index = lines.slice(0, place.line - 1).findLastIndex((row) => /^\s*[^\s#]/u.test(row));
  return { line: index + 1, column: columnOf(lines[index] ?? "", (lines[index] ?? "").length) };
}

/** A setting or table that is written twice. Names both lines if it finds them. */
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
    remedy: "Delete one of them.",
  };
}

function isSameStart(row: string, name: string): boolean {
  const start = row.trimStart();
  return start.startsWith(name) && /^\s*([=#]|$)/u.test(start.slice(name.length));
}

function alteredFile(text: string): Explained | undefined {
  const altered = alteredText(text);
  return altered && explained(altered, positionAt(text, altered.index));
}

/** Something that is no configuration at all. */
function anotherFile(text: string): Explained | undefined {
  const body = text.trim();
  const isConfig = (decoded: string) => /control_plane|access_token/u.test(decoded);
  const found = secretReference(body) ?? toolOutput(body) ?? encodedText(body, isConfig);
  return found && explained(found, { line: 1, column: 1 });
}

function explained({ code, problem, remedy }: StandIn, place: TextPosition): Explained {
  return { ...place, code, problem, remedy };
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

/** After three quotes that are never closed, a parser complains only at the end of the file. */
function unclosedText(text: string): Explained | undefined {
  for (const quotes of ['"""', "'''"]) {
    if (text.split(quotes).length % 2 === 1) {
      continue;
    }
    const problem = "opens a multi-line text that is never closed";
    const remedy = "Use one quote on each side: every value of agent.toml is a single line.";
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
      remedy: 'Type a plain quote (") instead.',
    };
  }
  return {
    ...place,
    code: "odd-character",
    problem: `has ${name}`,
    remedy: "Delete it, or type a plain space instead.",
  };
}

/**
 * The known setting that the line is about, such as `control_plane.access_token`. Other names are
 * not shown.
 */
function knownKey(lines: readonly string[], lineNumber: number): string | undefined {
  const line = lines[lineNumber - 1] ?? "";
  const table = line.match(/^\s*\[\s*(\w+)/u)?.[1];
  if (table !== undefined) {
    return KEYS_BY_TABLE.has(table) ? table : undefined;
  }
  const [, dotted = "", last = ""] = line.match(/^\s*(\w+)\.(\w+)\s*=/u) ?? [];
  if (KEYS_BY_TABLE.get(dotted)?.includes(last)) {
    return `${dotted}.${last}`;
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
