import { printable } from "../../../lib/printable.ts";
import { type Remedy, step } from "../../../lib/text/remedy.ts";
import { secretReference } from "../../stand-in/secret-reference.ts";
import { unfilledTemplate } from "../../stand-in/template.ts";
import { hostIn, meantUrl } from "../schema/meant-url.ts";
import { looksSecret } from "../schema/secret-looks.ts";
import { shownName, unknownKeyRemedy, unknownTableRemedy } from "./unknown-key.ts";

/**
 * An issue whose place in the file is not known yet. `path` leads to the setting, or to the table
 * that lacks it.
 */
export interface TableIssue {
  readonly code: string;
  readonly path: readonly string[];
  readonly key: string;
  readonly problem: string;
  readonly remedy: Remedy;
}

/** The settings whose values are never shown. */
export const SILENT_SETTINGS: ReadonlySet<string> = new Set([
  "control_plane.access_token",
  "control_plane.proxy",
]);

/** A setting that `[table]` does not have. */
export function unknownKey(table: string, key: string, present: readonly string[]): TableIssue {
  return {
    code: "unknown-key",
    path: [table, key],
    key: `${table}.${shownName(key)}`,
    problem: "unknown setting",
    remedy: unknownKeyRemedy(table, key, present),
  };
}

/** An unknown table, or an unknown setting above the first table. */
export function unknownAtTop(name: string, value: unknown, present: readonly string[]): TableIssue {
  const what = isTable(value) ? "unknown table" : "unknown setting";
  const code = isTable(value) ? "unknown-table" : "unknown-key";
  const remedy = unknownTableRemedy(name, isTable(value), present);
  return { code, path: [name], key: shownName(name), problem: what, remedy };
}

/** Something else, such as a setting or a `[[table]]`, in place of a table. */
export function notATable(name: string, value: unknown): TableIssue {
  const problem = `is ${describeFound(name, value)}, but must be a table`;
  return {
    code: "not-a-table",
    path: [name],
    key: name,
    problem,
    remedy: `Write [${name}] on a line of its own.`,
  };
}

export const TWO_KEY_SOURCES = "two-key-sources";

/** Both `access_token` and `access_token_file` are set. */
export function bothSources(): TableIssue {
  return {
    code: TWO_KEY_SOURCES,
    path: ["control_plane", "access_token_file"],
    key: "control_plane.access_token_file",
    problem: "is set together with access_token, but there can be only one key",
    remedy: "Delete one of the two settings.",
  };
}

/**
 * A value that is missing or wrong. `value` is undefined if the setting is missing. `wants`
 * completes "It must be …".
 */
export function wrongValue(table: string, key: string, value: unknown, wants: string): TableIssue {
  const path = `${table}.${key}`;
  if (value === undefined) {
    const remedy = `Add ${key} to [${table}]: ${wants}.`;
    return { code: "missing-key", path: [table], key: path, problem: "is not set", remedy };
  }
  return {
    code: "wrong-value",
    path: [table, key],
    key: path,
    problem: `is ${describeFound(path, value)}`,
    remedy: withLine(remedyFor(key, value, wants), path, value),
  };
}

/**
 * A value that a template or a secrets manager was to replace; undefined for any other. A path that
 * begins with a variable is left to the schema, whose remedy says more.
 */
export function unfilledValue(table: string, key: string, value: unknown): TableIssue | undefined {
  const isPath = /_(dir|file)$/u.test(key);
  if (typeof value !== "string" || (isPath && /^(~|\$|%d)/u.test(value))) {
    return undefined;
  }
  const path = `${table}.${key}`;
  const issue = { path: [table, key], key: path };
  const template = unfilledTemplate(value);
  if (template !== undefined) {
    const { code, problem, remedy } = template;
    return {
      ...issue,
      code,
      problem: `is ${describeFound(path, value)}, ${problem}`,
      remedy: remedy + orElse(path),
    };
  }
  const unresolved = isPath ? undefined : secretReference(value);
  return (
    unresolved && {
      ...issue,
      ...unresolved,
      remedy: "Write the value itself: only the key can be in a file of its own.",
    }
  );
}

function orElse(path: string): string {
  return path === "agent.name" ? " Without this line, the name is the host name." : "";
}

function remedyFor(key: string, value: unknown, wants: string): string {
  const wanted = `It must be ${wants}.`;
  if (typeof value !== "string") {
    const isMeant = wants.startsWith("a name") && (typeof value === "number" || typeof value === "boolean");
    return isMeant ? `${wanted} Put it in double quotes.` : wanted;
  }
  const word = wants.startsWith("one of") ? meantWord(value, wants) : undefined;
  if (word !== undefined) {
    return `${wanted} Write "${word}".`;
  }
  if (wants.startsWith("a number") && /^\d+(\.\d+)?$/u.test(value)) {
    return `${wanted} Remove the quotes.`;
  }
  if (/exc[_-]/iu.test(value)) {
    return `${wanted} A key belongs in control_plane.access_token.`;
  }
  if (/^(~|\$|%d)/u.test(value)) {
    const name = key === "access_token_file" ? "; for a systemd credential, write only its name" : "";
    return `${wanted} Neither ~ nor variables are expanded here${name}.`;
  }
  return wanted;
}

/** With the whole line to write, for people to copy, if it is certain what the value means. */
function withLine(remedy: string, path: string, value: unknown): Remedy {
  const text = typeof value === "string" ? value : "";
  const meant =
    path === "control_plane.url" ? meantUrl(text) : path === "agent.public_host" ? hostIn(text) : undefined;
  const line = `${path.replace(/^.*\./u, "")} = "${meant}"`;
  return meant === undefined ? remedy : [step(remedy), step("Write:", line)];
}

/** `WARN` and `warning` mean `warn`; `err` means `error`. */
export function meantWord(value: string, wants: string): string | undefined {
  const written = value.toLowerCase();
  const words = [...wants.matchAll(/"(\w+)"/gu)].map(([, word = ""]) => word);
  return words.find((word) => written.startsWith(word) || (written.length > 1 && word.startsWith(written)));
}

/** Describes the value; shows it only if it cannot be a secret. */
function describeFound(path: string, value: unknown): string {
  if (Array.isArray(value)) {
    return "an array";
  }
  if (value instanceof Date) {
    return "a date";
  }
  switch (typeof value) {
    case "string":
      if (value === "") {
        return "empty";
      }
      if (SILENT_SETTINGS.has(path) || looksSecret(value)) {
        return "a value that is not shown here";
      }
      return `"${printable(value, 60)}"`;
    case "number":
    case "bigint":
      return SILENT_SETTINGS.has(path) ? "a number" : `the number ${value}`;
    case "boolean":
      return String(value);
    default:
      return "a table";
  }
}

/** Whether a parsed value is a table: not an array and not a date. */
export function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
