import { parseAst } from "rolldown/parseAst";
import { describe, expect, it } from "vitest";
import { sourceFiles } from "./support/source-files.ts";

const MAX_FUNCTION_LINES = 60;
const MAX_COMMENT_COLUMNS = 100;

const files = sourceFiles();

/** Of a syntax tree; positions are UTF-16 units. A schema would take longer than the parser. */
function isFunction(value: object): value is { readonly start: number; readonly end: number } {
  return "type" in value && /^(?:Function|ArrowFunction)/u.test(String(value.type));
}

/** `12: 75 lines` for each function that is too long, by the line in which it starts. */
function longFunctions(text: string, isJsx: boolean): string[] {
  const long: string[] = [];
  const lineOf = (position: number) => text.slice(0, position).split("\n").length;
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) {
      return;
    }
    if (isFunction(value)) {
      const [first, last] = [lineOf(value.start), lineOf(value.end)];
      if (last - first + 1 > MAX_FUNCTION_LINES) {
        long.push(`${first}: ${last - first + 1} lines`);
      }
    }
    for (const child of Object.values(value)) {
      visit(child);
    }
  };
  visit(parseAst(text, { lang: isJsx ? "tsx" : "ts" }).body);
  return long;
}

/** The numbers of lines that are comments and too long. */
function longComments(text: string): number[] {
  return text
    .split("\n")
    .flatMap((line, index) =>
      line.length > MAX_COMMENT_COLUMNS && /^\s*(?:\/\*|\*|\/\/)/u.test(line) ? [index + 1] : [],
    );
}

describe("the length of functions", () => {
  it(`is at most ${MAX_FUNCTION_LINES} lines`, () => {
    const long = files.flatMap(({ path, text }) =>
      longFunctions(text, path.endsWith("x")).map((found) => `${path}:${found}`),
    );
    expect(long).toEqual([]);
  });

  it("is counted from the first line to the last", () => {
    const body = "  a();\n".repeat(MAX_FUNCTION_LINES - 1);
    expect(longFunctions(`\nfunction f() {\n${body}}`, false)).toEqual(["2: 61 lines"]);
    expect(longFunctions(`const f = () => {\n${body.slice(7)}};`, false)).toEqual([]);
  });
});

describe("the width of comments", () => {
  it(`is at most ${MAX_COMMENT_COLUMNS} columns`, () => {
    const wide = files.flatMap(({ path, text }) => longComments(text).map((line) => `${path}:${line}`));
    expect(wide).toEqual([]);
  });
});
