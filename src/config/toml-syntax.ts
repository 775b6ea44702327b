import type { ConfigIssue } from "./config-issue.ts";
export function explainSyntax(
  text: string,
  file: string,
  place: { line: number; column: number } | undefined,
): ConfigIssue {
  void text;
  return { code: "syntax", file, ...place, problem: "is not valid TOML here", remedy: "Mend the line." };
}
