import { printable } from "../../../lib/printable.ts";
import { type Remedy, remedyText } from "../../../lib/text/remedy.ts";

/**
 * One thing that is wrong with a configuration. Never contains any part of a key or of a proxy
 * password.
 */
export interface ConfigIssue {
  /** In kebab-case, never changes: `unknown-key`, `wrong-value`, `syntax`, `not-found`, … */
  readonly code: string;
  readonly file: string;
  /** 1-based; `column` counts characters, not bytes. */
  readonly line?: number;
  readonly column?: number;
  /** The setting, with its table: `control_plane.url`. */
  readonly key?: string;
  /** What is wrong: a clause without a full stop. */
  readonly problem: string;
  readonly remedy: Remedy;
}

/**
 * One issue as text, such as `/etc/novacula/agent.toml:7:3: control_plane.acces_token: unknown
 * setting. Rename acces_token to access_token.`
 */
export function formatIssue(issue: ConfigIssue): string {
  const { file, line, column } = issue;
  return formatAt([printable(file), line, column].filter((part) => part !== undefined).join(":"), issue);
}

/**
 * All issues in one line. Each file is named once: `/etc/novacula/agent.toml:7:3: … | line 9: …`
 */
export function formatIssues(issues: readonly ConfigIssue[]): string {
  return issues
    .map((issue, i) =>
      issues[i - 1]?.file === issue.file ? formatAt(lineOf(issue), issue) : formatIssue(issue),
    )
    .join(" | ");
}

function lineOf({ line, column }: ConfigIssue): string {
  if (line === undefined) {
    return "";
  }
  return column === undefined ? `line ${line}` : `line ${line}, column ${column}`;
}

function formatAt(place: string, { key = "", problem, remedy }: ConfigIssue): string {
  return [place, key, `${problem}. ${remedyText(remedy)}`].filter((part) => part !== "").join(": ");
}
