import { parse } from "@iarna/toml";
import { step, stepsOf } from "../../../lib/text/remedy.ts";
import type { ConfigIssue } from "../issue/config-issue.ts";
import { shownName } from "../issue/unknown-key.ts";
import { inexactNumber } from "./toml-number.ts";
import { outlineToml, positionAt, type TextPosition } from "./toml-outline.ts";
import { explainDuplicate, explainSyntax } from "./toml-syntax.ts";

/** The tables of a TOML text, or the first mistake in it. */
export type ParsedToml =
  | { readonly kind: "table"; readonly table: Readonly<Record<string, unknown>> }
  | { readonly kind: "issue"; readonly issue: ConfigIssue };

const MORE = "Then check again: there may be more mistakes behind it.";

/** The names that every object inherits: `@iarna/toml` would write through them. */
const INHERITED_NAMES: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));
const MAYBE_INHERITED = new RegExp([...INHERITED_NAMES, String.raw`\\u`].join("|"), "iu");

/**
 * Parses TOML text, also with Windows line ends. The errors of `@iarna/toml` quote the lines around
 * the mistake, and they may contain the key: only the position leaves this function.
 */
export async function parseToml(source: string, file: string): Promise<ParsedToml> {
  const text = unixLineEnds(source);
  const hostile = await inheritedKey(text, file);
  if (hostile !== undefined) {
    return { kind: "issue", issue: hostile };
  }
  let refusal: ReturnType<typeof parserRefusal>;
  try {
    const table = parse(text);
    const inexact = await inexactNumber(table, text, file);
    return inexact === undefined ? { kind: "table", table } : { kind: "issue", issue: withMore(inexact) };
  } catch (error) {
    refusal = parserRefusal(error);
  }
  const outlined = await outlineToml(text);
  const located = outlined.kind === "syntax-error" ? [positionAt(text, outlined.at)] : [];
  const places = [...located, ...refusal.places];
  const [place] = places;
  const isDuplicate = refusal.isDuplicate && place !== undefined;
  const issue = isDuplicate ? explainDuplicate(text, file, place) : explainSyntax(text, file, places);
  return { kind: "issue", issue: withMore(issue) };
}

/** A parser stops at the first mistake. A file of another format has only that one. */
function withMore(issue: ConfigIssue): ConfigIssue {
  return issue.code === "not-toml" ? issue : { ...issue, remedy: [...stepsOf(issue.remedy), step(MORE)] };
}

/** The text with Unix line ends, for the parser. Line and column stay the same as in the file. */
export function unixLineEnds(text: string): string {
  return text.replaceAll("\r\n", "\n");
}

/**
 * `constructor.foo = 1` would set `Object.foo` for the whole process, so such names never reach the
 * parser. The second parser is skipped for a text without such a word and without an escape that
 * could spell one.
 */
async function inheritedKey(text: string, file: string): Promise<ConfigIssue | undefined> {
  if (!MAYBE_INHERITED.test(text)) {
    return undefined;
  }
  const outlined = await outlineToml(text);
  if (outlined.kind === "syntax-error") {
    return explainSyntax(text, file, [positionAt(text, outlined.at)]);
  }
  for (const entry of outlined.outline.entries) {
    const name = entry.path.find((part) => INHERITED_NAMES.has(part));
    if (name === undefined) {
      continue;
    }
    const place = positionAt(text, entry.keyStart);
    const remedy = "Delete the line: agent.toml has no such setting.";
    return { code: "unknown-key", file, ...place, key: shownName(name), problem: "unknown setting", remedy };
  }
  return undefined;
}

/** Only the position of the parser's error: its message and its stack quote the source. */
function parserRefusal(error: unknown): {
  readonly places: readonly TextPosition[];
  readonly isDuplicate: boolean;
} {
  if (!(error instanceof Error)) {
    return { places: [], isDuplicate: false };
  }
  const isDuplicate = error.message.startsWith("Can't redefine");
  if (!("line" in error && "col" in error)) {
    return { places: [], isDuplicate };
  }
  const { line, col } = error;
  const hasPlace = typeof line === "number" && typeof col === "number";
  return { places: hasPlace ? [{ line: line + 1, column: col + 1 }] : [], isDuplicate };
}
