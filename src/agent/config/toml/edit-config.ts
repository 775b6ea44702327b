import { isDeepStrictEqual } from "node:util";
import { type ExecutorKey, revealKey } from "../../key/executor-key.ts";
import type { ConfigIssue } from "../issue/config-issue.ts";
import { bothSources, isTable, notATable, type TableIssue } from "../issue/table-issue.ts";
import { parseToml } from "./parse-toml.ts";
import { findEntry, outlineToml, type TomlEntry, type TomlOutline } from "./toml-outline.ts";

/** The edited text, or why agent.toml was not edited. */
export type EditedConfig =
  | { readonly kind: "edited"; readonly text: string }
  /**
   * The key belongs in this file. `path` is `access_token_file` as written: the name of a
   * credential is not resolved.
   */
  | { readonly kind: "key-file"; readonly path: string }
  | { readonly kind: "unparsable"; readonly issues: readonly ConfigIssue[] };

const TABLE = "control_plane";
const NAME = "access_token";

/**
 * Returns the text of agent.toml with `access_token` set to `key`. Everything else stays byte for
 * byte: comments, order, line ends, byte-order mark. A missing setting or table is added where
 * people would look for it. The result has been parsed and compared; a text that cannot be edited
 * safely is not edited.
 */
export async function withAccessToken(
  text: string,
  key: ExecutorKey,
  file = "agent.toml",
): Promise<EditedConfig> {
  const mark = text.startsWith("\ufeff") ? "\ufeff" : "";
  const body = text.slice(mark.length);
  const parsed = await parseToml(body, file);
  if (parsed.kind === "issue") {
    return { kind: "unparsable", issues: [parsed.issue] };
  }
  const { control_plane: written = {} } = parsed.table;
  if (!isTable(written)) {
    return unparsable(notATable(TABLE, written), file);
  }
  if (Object.hasOwn(written, "access_token_file")) {
    if (Object.hasOwn(written, NAME)) {
      return unparsable(bothSources(), file);
    }
    return { kind: "key-file", path: String(written["access_token_file"]) };
  }
  const outlined = await outlineToml(body);
  const edited = outlined.kind === "outline" ? edit(body, outlined.outline, revealKey(key)) : undefined;
  if (edited === undefined) {
    return unparsable(NOT_SAFE, file);
  }
  const after = await parseToml(edited, file);
  const wanted = { ...parsed.table, [TABLE]: { ...written, [NAME]: revealKey(key) } };
  const isSafe = after.kind === "table" && isDeepStrictEqual(after.table, wanted);
  return isSafe ? { kind: "edited", text: mark + edited } : unparsable(NOT_SAFE, file);
}

/** The content of a key file: the key and a line end, as an editor would save it. */
export function keyFileText(key: ExecutorKey): string {
  return `${revealKey(key)}\n`;
}

const NOT_SAFE: TableIssue = {
  code: "not-editable",
  path: [TABLE, NAME],
  key: `${TABLE}.${NAME}`,
  problem: "cannot be edited safely in the way it is written",
  remedy: `Set ${NAME} below [${TABLE}] in an editor.`,
};

function unparsable({ path: _, ...issue }: TableIssue, file: string): EditedConfig {
  return { kind: "unparsable", issues: [{ ...issue, file }] };
}

/**
 * The edited text; undefined if the outline has something that no agent.toml has, such as
 * `[control_plane.access_token]`.
 */
function edit(text: string, outline: TomlOutline, secret: string): string | undefined {
  // A JSON string of printable ASCII is also a TOML string.
  const value = JSON.stringify(secret);
  const present = findEntry(outline, [TABLE, NAME]);
  if (present !== undefined) {
    return present.value && splice(text, present.value.range[0], present.value.range[1], value);
  }
  const header = findEntry(outline, [TABLE]);
  if (header?.value?.type === "TOMLInlineTable") {
    return intoInlineTable(text, outline, header.value.range, value);
  }
  if (header?.kind === "table") {
    return intoTable(text, outline, header, value);
  }
  const dotted = outline.entries.findLast(({ kind, path }) => kind === "value" && path[0] === TABLE);
  if (dotted !== undefined && !dotted.isInline) {
    return addLine(text, dotted, `${TABLE}.${NAME} = ${value}`);
  }
  return atTheEnd(text, value);
}

/**
 * Adds the line below a commented-out `# access_token = …` of the table, or else below the last
 * setting of the table.
 */
function intoTable(text: string, outline: TomlOutline, header: TomlEntry, value: string): string {
  const next = outline.entries.find(({ kind, start }) => kind === "table" && start > header.start);
  const isInside = (start: number) => start > header.start && start < (next?.start ?? text.length);
  const hint = outline.comments.find(
    (comment) => isInside(comment.start) && /^\s*access_token\s*=/u.test(comment.text),
  );
  const last = outline.entries.findLast(
    ({ kind, start, isInline }) => kind === "value" && isInside(start) && !isInline,
  );
  const neighbour = last ?? header;
  return addLine(text, hint ?? neighbour, `${aligned(text, neighbour)} ${value}`);
}

/** `access_token =`, indented and aligned like its neighbour. */
function aligned(text: string, neighbour: TomlEntry): string {
  const lineStart = text.lastIndexOf("\n", neighbour.start) + 1;
  const [, indent = "", name = ""] = text.slice(lineStart).match(/^([ \t]*)([\w-]+[ \t]*)=/u) ?? [];
  const isLinedUp = name.length - name.trimEnd().length > 1 || name.length === NAME.length + 1;
  return `${indent}${isLinedUp ? NAME.padEnd(name.length - 1) : NAME} =`;
}

function addLine(text: string, after: { readonly end: number }, line: string): string {
  const lineEnd = text.indexOf("\n", after.end);
  if (lineEnd === -1) {
    return `${text}${lineBreak(text)}${line}${lineBreak(text)}`;
  }
  return splice(text, lineEnd + 1, lineEnd + 1, line + lineBreak(text));
}

function intoInlineTable(
  text: string,
  outline: TomlOutline,
  [start, end]: readonly [number, number],
  value: string,
): string {
  const last = outline.entries.findLast((entry) => entry.isInline && entry.start > start && entry.end < end);
  const assignment = `${NAME} = ${value}`;
  if (last === undefined) {
    return splice(text, start + 1, end - 1, ` ${assignment} `);
  }
  return splice(text, last.end, last.end, `, ${assignment}`);
}

function atTheEnd(text: string, value: string): string {
  const end = lineBreak(text);
  const gap = text.trim() === "" ? "" : text.endsWith("\n") ? end : end + end;
  return `${text}${gap}[${TABLE}]${end}${NAME} = ${value}${end}`;
}

function lineBreak(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

function splice(text: string, start: number, end: number, replacement: string): string {
  return text.slice(0, start) + replacement + text.slice(end);
}
