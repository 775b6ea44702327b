import type { AST } from "toml-eslint-parser";

/** A place in a text, 1-based. `column` counts characters as a person does, not UTF-16 units. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** One `name = value` or one `[table]` header, with its full path and its place in the text. */
export interface TomlEntry {
  readonly kind: "value" | "table";
  readonly path: readonly string[];
  readonly keyStart: number;
  /**
   * The entry ends with its value, or with the last value of its table. It starts with its name or
   * bracket.
   */
  readonly start: number;
  readonly end: number;
  /** Only a `name = value` has one. */
  readonly value: AST.TOMLContentNode | undefined;
  /** Whether the entry is inside `{ … }`, where no lines can be added. */
  readonly isInline: boolean;
}

/** The entries and comments of a TOML text, in its order. */
export interface TomlOutline {
  readonly entries: readonly TomlEntry[];
  readonly comments: readonly { readonly start: number; readonly end: number; readonly text: string }[];
}

/** An outline, or the place where the parser stopped. */
export type Outlined =
  | { readonly kind: "outline"; readonly outline: TomlOutline }
  /** `at` is an index into the text. The message of the parser is dropped: it may quote the key. */
  | { readonly kind: "syntax-error"; readonly at: number };

/**
 * Finds the places in a TOML text. `@iarna/toml` decides what a text means but gives no positions.
 * This second parser only locates, and is loaded only when it is needed.
 */
export async function outlineToml(text: string): Promise<Outlined> {
  const { parseTOML } = await import("toml-eslint-parser");
  try {
    const program = parseTOML(text, { tomlVersion: "1.0" });
    const entries: TomlEntry[] = [];
    for (const item of program.body[0].body) {
      if (item.type === "TOMLKeyValue") {
        addKeyValue(entries, [], item, false);
      } else {
        addTable(entries, item);
      }
    }
    const comments = program.comments.map(({ range, value }) => ({
      start: range[0],
      end: range[1],
      text: value,
    }));
    return { kind: "outline", outline: { entries, comments } };
  } catch (error) {
    const at = error instanceof SyntaxError && "index" in error ? error.index : 0;
    return { kind: "syntax-error", at: typeof at === "number" ? at : 0 };
  }
}

/** The entry at `path`, or undefined; the last one if there are several. */
export function findEntry(outline: TomlOutline, path: readonly string[]): TomlEntry | undefined {
  return outline.entries.findLast(
    (entry) => entry.path.length === path.length && entry.path.every((name, depth) => name === path[depth]),
  );
}

/** The position of `index`, which counts UTF-16 units from the start of `text`. */
export function positionAt(text: string, index: number): TextPosition {
  const before = text.slice(0, index);
  const lineStart = before.lastIndexOf("\n") + 1;
  let line = 1;
  for (let at = before.indexOf("\n"); at !== -1; at = before.indexOf("\n", at + 1)) {
    line += 1;
  }
  return { line, column: Array.from(before.slice(lineStart)).length + 1 };
}

function addTable(entries: TomlEntry[], table: AST.TOMLTable): void {
  const path = table.key.keys.map(keyName);
  const [start, end] = table.range;
  const keyStart = table.key.range[0];
  entries.push({ kind: "table", path, keyStart, start, end, value: undefined, isInline: false });
  for (const item of table.body) {
    addKeyValue(entries, path, item, false);
  }
}

function addKeyValue(
  entries: TomlEntry[],
  table: readonly string[],
  item: AST.TOMLKeyValue,
  isInline: boolean,
): void {
  const path = [...table, ...item.key.keys.map(keyName)];
  const [start, end] = item.range;
  entries.push({ kind: "value", path, keyStart: item.key.range[0], start, end, value: item.value, isInline });
  if (item.value.type !== "TOMLInlineTable") {
    return;
  }
  for (const inner of item.value.body) {
    addKeyValue(entries, path, inner, true);
  }
}

function keyName(key: AST.TOMLBare | AST.TOMLQuoted): string {
  return key.type === "TOMLBare" ? key.name : key.value;
}
