import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { paint, type Terminal } from "../../../lib/command-line/terminal.ts";
import { printable } from "../../../lib/printable.ts";
import { type ConfigIssue, formatIssue } from "../../config/issue/config-issue.ts";
import type { KeyFinding } from "../../key/finding.ts";

/** One thing that `check` has to say. `couldNotTell` outweighs nothing but good: what is bad is bad. */
export interface CheckLine {
  readonly verdict: "good" | "warning" | "bad" | "could-not-tell";
  /** A sentence, or several. */
  readonly text: string;
}

/** What `check --json` prints. */
export interface CheckReport {
  readonly verdict: "good" | "bad" | "could-not-tell";
  readonly path: string;
  readonly issues: readonly ConfigIssue[];
  readonly key: {
    readonly source: string;
    /** Only of a key that can be sent. */
    readonly fingerprint: string | null;
    readonly findings: readonly KeyFinding[];
  } | null;
  /** null without `--online`, and where there was nothing to ask with. */
  readonly controlPlane: {
    readonly url: string;
    readonly outcome: "accepted" | "refused" | "unreachable";
    readonly reason: string | null;
    readonly keyId: string | null;
    readonly keyName: string | null;
    readonly endsAt: string | null;
    readonly organization: string | null;
  } | null;
  readonly lines: readonly CheckLine[];
}

const MARKS = {
  good: ["ok      ", "green"],
  warning: ["warning ", "yellow"],
  bad: ["bad     ", "red"],
  "could-not-tell": ["unknown ", "yellow"],
} as const;

export function checkText(lines: readonly CheckLine[], terminal: Terminal): string {
  return lines
    .map(({ verdict, text }) => {
      const [mark, colour] = MARKS[verdict];
      return `${paint(terminal, colour, mark)}${text}`;
    })
    .join("\n");
}

export function overall(lines: readonly CheckLine[]): CheckReport["verdict"] {
  if (lines.some((line) => line.verdict === "bad")) {
    return "bad";
  }
  return lines.some((line) => line.verdict === "could-not-tell") ? "could-not-tell" : "good";
}

export function exitCodeOf(verdict: CheckReport["verdict"]): ExitCode {
  switch (verdict) {
    case "good":
      return ExitCode.good;
    case "bad":
      return ExitCode.bad;
    case "could-not-tell":
      return ExitCode.couldNotTell;
  }
}

export function issueLine(issue: ConfigIssue, verdict: CheckLine["verdict"] = "bad"): CheckLine {
  return { verdict, text: formatIssue(issue) };
}

/** `agent.toml line 7: the key ends with a space (line 7, column 84). Delete it; …` */
export function findingLine(source: string, finding: KeyFinding, isDenied = false): CheckLine {
  const verdict = finding.severity === "warning" ? "warning" : isDenied ? "could-not-tell" : "bad";
  return { verdict, text: `${printable(source, 4096)}: the key ${finding.problem}. ${finding.remedy}` };
}
