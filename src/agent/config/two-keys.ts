import { forAgent } from "../../lib/shell-word.ts";
import { step } from "../../lib/text/remedy.ts";
import type { ExecutorKey } from "../key/executor-key.ts";
import type { KeyFinding } from "../key/finding.ts";
import type { FileReads } from "./file/file-reads.ts";
import type { ConfigIssue } from "./issue/config-issue.ts";
import { TWO_KEY_SOURCES } from "./issue/table-issue.ts";
import { type FoundKey, keyInConfig, keyInFile, type ReadFile } from "./key-source.ts";
import type { ParsedConfig } from "./parse-config.ts";
import type { AgentConfig } from "./schema/agent-config.ts";
import { settingLines } from "./setting-lines.ts";

/** One of two keys in a configuration that may have only one. */
export interface KeyCandidate {
  readonly setting: "access_token" | "access_token_file";
  /** Of the setting, in agent.toml. */
  readonly line: number | undefined;
  /** For people. */
  readonly keySource: string;
  readonly key: ExecutorKey | undefined;
  readonly findings: readonly KeyFinding[];
}

/** Both keys, and the configuration without them. */
export interface TwoKeys {
  readonly config: AgentConfig;
  /** Of the settings in agent.toml: settingLines(). */
  readonly lines: ReadonlyMap<string, number>;
  readonly candidates: readonly KeyCandidate[];
}

/**
 * Reads both keys of a configuration whose only issue they are. Undefined for another issue.
 */
export async function readTwoKeys(
  agentToml: ReadFile,
  text: string,
  { twoKeys, issues }: Extract<ParsedConfig, { kind: "invalid" }>,
  reads: FileReads,
  credentialsDirectory: string | undefined,
): Promise<TwoKeys | undefined> {
  const written = twoKeys?.config.controlPlane.accessTokenFile;
  if (twoKeys === undefined || written === undefined) {
    return undefined;
  }
  const { config } = twoKeys;
  const accessToken = twoKeys.accessToken();
  const line = issues.find(({ code }) => code === TWO_KEY_SOURCES)?.line;
  const inConfig = await keyInConfig(agentToml, accessToken, reads);
  const inFile = await keyInFile(written, reads, credentialsDirectory);
  return {
    config,
    lines: settingLines(text),
    candidates: [
      candidate("access_token", accessToken.line, inConfig),
      ...(inFile === undefined ? [] : [candidate("access_token_file", line, inFile)]),
    ],
  };
}

/** The issue with the places and fingerprints of both keys. */
export function withTwoKeys(issues: readonly ConfigIssue[], { candidates }: TwoKeys): readonly ConfigIssue[] {
  const keys = candidates.map(({ setting, line, key }) => {
    const where = line === undefined ? "" : ` (line ${line})`;
    return `${setting}${where} has ${key === undefined ? "no usable key" : String(key)}`;
  });
  const problem = `there can be only one key, but ${keys.join(", and ")}`;
  const doctor = forAgent("doctor");
  const remedy = [step("Delete the line that you do not want. To see which key is accepted, run:", doctor)];
  return issues.map((issue) => (issue.code === TWO_KEY_SOURCES ? { ...issue, problem, remedy } : issue));
}

function candidate(
  setting: KeyCandidate["setting"],
  line: number | undefined,
  { keySource, diagnosis }: FoundKey,
): KeyCandidate {
  return { setting, line, keySource, ...diagnosis };
}
