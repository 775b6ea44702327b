import * as z from "zod";
import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import type { Terminal } from "../../../lib/command-line/terminal.ts";
import { printable } from "../../../lib/printable.ts";
import { remedyText } from "../../../lib/text/remedy.ts";
import { isCommonName, renameRemedy } from "../../config/executor-name.ts";
import { type ConfigIssue, formatIssue } from "../../config/issue/config-issue.ts";
import type { AgentConfig } from "../../config/schema/agent-config.ts";
import type { KeyFinding } from "../../key/finding.ts";
import { markText } from "../host/mark.ts";

const place = {
  line: z.number().optional().describe("1-based, in the file"),
  column: z.number().optional().describe("1-based, in characters"),
};

const issue = z.object({
  code: z.string().describe("Stable, kebab-case"),
  file: z.string(),
  ...place,
  key: z.string().optional().describe("The setting: control_plane.url"),
  problem: z.string(),
  remedy: z.string(),
});

const finding = z.object({
  code: z.string().describe("Stable, kebab-case"),
  severity: z.enum(["refused", "warning"]).describe("refused: the key is not sent"),
  problem: z.string(),
  remedy: z.string(),
  ...place,
});

const line = z.object({
  verdict: z.enum(["ok", "warning", "bad", "unknown"]),
  text: z.string().describe("One or more sentences"),
});

/** One result of `check`. */
export type CheckLine = z.output<typeof line>;

/** What `check --json` prints. */
export const checkReport = z.object({
  verdict: z
    .enum(["ok", "bad", "unknown"])
    .describe("unknown: nothing is bad, but not everything could be checked"),
  path: z.string().describe("The configuration file"),
  issues: z.array(issue).describe("What is wrong with the configuration"),
  key: z
    .object({
      source: z.string().describe("Where the key was read from"),
      fingerprint: z.string().nullable().describe("null: the key cannot be sent"),
      findings: z.array(finding),
    })
    .nullable(),
  controlPlane: z
    .object({
      url: z.string(),
      outcome: z.enum(["accepted", "refused", "unreachable"]),
      reason: z.string().nullable(),
      keyId: z.string().nullable(),
      keyName: z.string().nullable(),
      endsAt: z.iso.datetime().nullable().describe("null: never, or unknown"),
      organization: z.string().nullable(),
    })
    .nullable()
    .describe("null without --online, or if there was no usable key to ask with"),
  lines: z.array(line).describe("What check prints for people"),
});

export type CheckReport = z.output<typeof checkReport>;

/** One line for each result, with its mark. */
export function checkText(lines: readonly CheckLine[], terminal: Terminal): string {
  return lines.map(({ verdict, text }) => `${markText(verdict, terminal)}${text}`).join("\n");
}

/** One bad line makes the verdict bad; without one, an unknown line makes it unknown. */
export function overall(lines: readonly CheckLine[]): CheckReport["verdict"] {
  if (lines.some((line) => line.verdict === "bad")) {
    return "bad";
  }
  return lines.some((line) => line.verdict === "unknown") ? "unknown" : "ok";
}

export function exitCodeOf(verdict: CheckReport["verdict"]): ExitCode {
  switch (verdict) {
    case "ok":
      return ExitCode.good;
    case "bad":
      return ExitCode.bad;
    case "unknown":
      return ExitCode.couldNotTell;
  }
}

export function issueLine(issue: ConfigIssue, verdict: CheckLine["verdict"] = "bad"): CheckLine {
  return { verdict, text: formatIssue(issue) };
}

/**
 * `agent.toml line 7: the key ends with a space (column 84). Delete it. …` With `isDenied`, a
 * refused key is only unknown.
 */
export function findingLine(source: string, finding: KeyFinding, isDenied = false): CheckLine {
  const verdict = finding.severity === "warning" ? "warning" : isDenied ? "unknown" : "bad";
  return {
    verdict,
    text: `${printable(source, 4096)}: the key ${finding.problem}. ${remedyText(finding.remedy)}`,
  };
}

/** A warning about a name that other hosts are likely to have. */
export function commonNameLines({ name, isNameSet }: AgentConfig["agent"]): readonly CheckLine[] {
  const text = `The executor is called ${printable(name)}, like every host that nobody has named. ${renameRemedy(isNameSet)}`;
  return isCommonName(name) ? [{ verdict: "warning", text }] : [];
}
