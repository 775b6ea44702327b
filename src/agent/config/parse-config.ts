import { diagnoseKey } from "../key/diagnose-key.ts";
import type { ConfigIssue } from "./issue/config-issue.ts";
import type { TableIssue } from "./issue/table-issue.ts";
import type { AgentConfig } from "./schema/agent-config.ts";
import { parseToml, unixLineEnds } from "./toml/parse-toml.ts";
import {
  findEntry,
  outlineToml,
  positionAt,
  type TextPosition,
  type TomlOutline,
} from "./toml/toml-outline.ts";
import { locateInString } from "./toml/toml-string.ts";
import { validateConfig } from "./validate-config.ts";

/** The value of `control_plane.access_token`, as written, and its place. */
export interface FoundToken {
  readonly text: string;
  readonly line: number | undefined;
  /** Maps an index into `text` to its place in the file, through escapes and line breaks. */
  locator(): Promise<((index: number) => TextPosition) | undefined>;
}

/** A valid configuration, or all its issues. */
export type ParsedConfig =
  | {
      readonly kind: "valid";
      readonly config: AgentConfig;
      readonly accessToken: FoundToken | undefined;
      /** Adds the place to an issue found outside agent.toml, such as in a file that it names. */
      issueAt(issue: TableIssue): Promise<ConfigIssue>;
    }
  | {
      readonly kind: "invalid";
      readonly issues: readonly ConfigIssue[];
      /** If the only issue is that there are two keys. */
      readonly twoKeys?: { readonly config: AgentConfig; readonly accessToken: () => FoundToken };
    };

/** What was cut off is not known, so nothing is said of single settings. */
const EMPTY =
  "Restore it from a backup: a full disk, or a crash while it was written, leaves such a file. A new one needs url and access_token under [control_plane].";

const TOKEN_PATH = ["control_plane", "access_token"] as const;

/**
 * Turns the text of agent.toml into a configuration with its defaults, or into all its issues, in
 * the order of the file.
 */
export async function parseConfig(source: string, file: string): Promise<ParsedConfig> {
  if (source.trim() === "") {
    return { kind: "invalid", issues: [{ code: "empty", file, problem: "is empty", remedy: EMPTY }] };
  }
  const parsed = await parseToml(source, file);
  if (parsed.kind === "issue") {
    return { kind: "invalid", issues: [parsed.issue] };
  }
  const text = unixLineEnds(source);
  const place = async (issues: readonly TableIssue[]) =>
    placeIssues(issues, text, file, await outlined(text));
  const { config, withTwoKeys, issues, accessToken } = validateConfig(parsed.table);
  const token = accessToken === undefined ? undefined : await foundToken(accessToken, text);
  if (config === undefined) {
    if (withTwoKeys !== undefined && token !== undefined) {
      // A function, so that the key is in no text of the result.
      const twoKeys = { config: withTwoKeys, accessToken: () => token };
      return { kind: "invalid", issues: await place(issues), twoKeys };
    }
    const ofKey = token === undefined ? [] : await keyIssues(token, file);
    return { kind: "invalid", issues: inFileOrder([...(await place(issues)), ...ofKey]) };
  }
  return {
    kind: "valid",
    config,
    accessToken: token,
    issueAt: async (issue) => (await place([issue]))[0] ?? { ...issue, file },
  };
}

/** These are reported together with the other issues, so that one edit can fix everything. */
async function keyIssues(token: FoundToken, file: string): Promise<readonly ConfigIssue[]> {
  const origin = { kind: "config" } as const;
  const places = diagnoseKey(token.text, origin, await token.locator()).findings;
  const { findings } = diagnoseKey(token.text, origin);
  return findings.flatMap(({ code, severity, problem, remedy }, index): readonly ConfigIssue[] => {
    if (severity !== "refused") {
      return [];
    }
    const { line, column } = places[index] ?? {};
    const where = line === undefined || column === undefined ? {} : { line, column };
    return [{ code: `key-${code}`, file, ...where, key: TOKEN_PATH.join("."), problem, remedy }];
  });
}

async function foundToken(token: string, text: string): Promise<FoundToken> {
  const locator = async () => {
    const outline = await outlined(text);
    const value = outline && findEntry(outline, TOKEN_PATH)?.value;
    if (value?.type !== "TOMLValue" || value.kind !== "string") {
      return undefined;
    }
    const indexes = locateInString(text.slice(...value.range), value, value.range[0]);
    return (index: number) => positionAt(text, indexes[index] ?? value.range[0]);
  };
  return { text: token, line: plainLine(text) ?? (await locator())?.(0).line, locator };
}

/**
 * The number of the only line with `access_token =`, or undefined. Nearly every file has exactly
 * one, and then no second parser is needed.
 */
function plainLine(text: string): number | undefined {
  const lines = text.split("\n");
  const first = lines.findIndex((line) => /^\s*access_token\s*=/u.test(line));
  const last = lines.findLastIndex(
    (line) => line.includes("access_token") && !line.trimStart().startsWith("#"),
  );
  return first !== -1 && first === last && !/"""|'''/u.test(text) ? first + 1 : undefined;
}

/** undefined if the two parsers disagree: no place is better than a wrong one. */
async function outlined(text: string): Promise<TomlOutline | undefined> {
  const result = await outlineToml(text);
  return result.kind === "outline" ? result.outline : undefined;
}

function placeIssues(
  issues: readonly TableIssue[],
  text: string,
  file: string,
  outline: TomlOutline | undefined,
): readonly ConfigIssue[] {
  return issues.map(({ path, ...issue }): ConfigIssue => {
    const index = outline === undefined ? undefined : indexOf(outline, path);
    return index === undefined ? { ...issue, file } : { ...issue, file, ...positionAt(text, index) };
  });
}

function inFileOrder(issues: readonly ConfigIssue[]): readonly ConfigIssue[] {
  return issues.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}

/**
 * The index of the setting, else of the first setting in its table: `a.b = …` has no line for the
 * table itself.
 */
function indexOf(outline: TomlOutline, path: readonly string[]): number | undefined {
  const exact = findEntry(outline, path);
  if (exact !== undefined) {
    return exact.keyStart;
  }
  return outline.entries.find((entry) => path.every((name, depth) => name === entry.path[depth]))?.keyStart;
}
