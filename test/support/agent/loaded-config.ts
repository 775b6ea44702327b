import { inspect } from "node:util";
import { expect } from "vitest";
import { formatIssue } from "../../../src/agent/config/issue/config-issue.ts";
import type { Loaded } from "../../../src/agent/config/load-config.ts";
import { revealKey } from "../../../src/agent/key/executor-key.ts";
import { remedyText } from "../../../src/lib/text/remedy.ts";

/** The message for an invalid configuration, otherwise its verdict. */
export function issuesOf(loaded: Loaded): readonly string[] {
  expectNoKey(loaded);
  return loaded.verdict === "invalid" ? loaded.issues.map(formatIssue) : [`is ${loaded.verdict}`];
}

/** The text that an operator reads about the key. */
export function findingsOf(loaded: Loaded): readonly string[] {
  if (loaded.verdict === "invalid") {
    return issuesOf(loaded);
  }
  expectNoKey(loaded);
  return loaded.findings.map(({ problem, remedy }) => `the key ${problem}. ${remedyText(remedy)}`);
}

export function keyOf(loaded: Loaded): string | undefined {
  return loaded.verdict === "usable" ? revealKey(loaded.key) : undefined;
}

/** Such runs of rare letters occur only in keys and in random names of temporary directories. */
function expectNoKey(loaded: Loaded): void {
  const said = `${JSON.stringify(loaded)} ${inspect(loaded, { depth: 10, showHidden: true })}`;
  expect(said.replaceAll(/novacula-config-\w{6}/gu, "")).not.toMatch(/[QZXJVKqzxjvk]{3}/u);
}
