import type { AST } from "toml-eslint-parser";
import type { ConfigIssue } from "../issue/config-issue.ts";
import { isTable } from "../issue/table-issue.ts";
import { shownName } from "../issue/unknown-key.ts";
import { outlineToml, positionAt, type TomlEntry } from "./toml-outline.ts";

/**
 * The first number that the parser did not read exactly, or undefined. `@iarna/toml` cuts integers
 * beyond ±(2^53 − 1) to 64 bits, as BigInts, and reads 1e400 as infinity.
 */
export async function inexactNumber(
  table: Readonly<Record<string, unknown>>,
  text: string,
  file: string,
): Promise<ConfigIssue | undefined> {
  if (!holdsSuspect(table)) {
    return undefined;
  }
  const outlined = await outlineToml(text);
  const entries = outlined.kind === "outline" ? outlined.outline.entries : [];
  for (const entry of entries) {
    const number = entry.value && numbersIn(entry.value).find(isInexact);
    if (number !== undefined) {
      return issueOf(entry, number, text, file);
    }
  }
  return undefined;
}

function holdsSuspect(value: unknown): boolean {
  if (typeof value === "bigint") {
    return true;
  }
  if (typeof value === "number") {
    return !Number.isFinite(value);
  }
  if (Array.isArray(value)) {
    return value.some(holdsSuspect);
  }
  return isTable(value) && Object.values(value).some(holdsSuspect);
}

/** The values of an inline table are separate entries, unless the table is in an array. */
function numbersIn(node: AST.TOMLContentNode): readonly AST.TOMLNumberValue[] {
  if (node.type === "TOMLArray") {
    return node.elements.flatMap(numbersIn);
  }
  if (node.type === "TOMLInlineTable") {
    return node.body.flatMap(({ value }) => numbersIn(value));
  }
  return node.kind === "integer" || node.kind === "float" ? [node] : [];
}

function isInexact(node: AST.TOMLNumberValue): boolean {
  if (node.kind === "integer") {
    return !Number.isSafeInteger(node.value);
  }
  return !Number.isFinite(node.value) && !/inf|nan/u.test(node.number);
}

function issueOf(
  { path }: TomlEntry,
  { range }: AST.TOMLNumberValue,
  text: string,
  file: string,
): ConfigIssue {
  return {
    code: "inexact-number",
    file,
    ...positionAt(text, range[0]),
    key: path.map(shownName).join("."),
    problem: "is too large a number",
    remedy: "Write a number with at most 15 digits.",
  };
}
