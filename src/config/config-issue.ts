import { printable } from "../lib/printable.ts";

/** One thing that is wrong with a configuration. Never holds a character of a key, nor a proxy's password. */
export interface ConfigIssue {
  /** Stable, kebab-case: `unknown-key`, `wrong-value`, `syntax`, `not-found`, … */
  readonly code: string;
  readonly file: string;
  /** 1-based; `column` counts characters, not bytes. */
  readonly line?: number;
  readonly column?: number;
  /** The key as a path: `control_plane.url`. */
  readonly key?: string;
  /** What is wrong, as a clause without a full stop. */
  readonly problem: string;
  /** What to do, as a sentence. */
  readonly remedy: string;
}

/** `/etc/novacula/agent.toml:7:3: control_plane.acces_token: unknown key. Did you mean access_token?` */
export function formatIssue(issue: ConfigIssue): string {
  const place = [printable(issue.file), issue.line, issue.column]
    .filter((part) => part !== undefined)
    .join(":");
  const subject = issue.key === undefined ? "" : `${issue.key}: `;
  return `${place}: ${subject}${issue.problem}. ${issue.remedy}`;
}
