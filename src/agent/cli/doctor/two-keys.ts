import type { Loaded } from "../../config/load-config.ts";
import type { KeyCandidate, TwoKeys } from "../../config/two-keys.ts";
import type { Check } from "../../doctor/examination.ts";
import { askControlPlane } from "../key/ask-control-plane.ts";
import { describeReply } from "../key/check.ts";

const OTHER = { access_token: "access_token_file", access_token_file: "access_token" } as const;

/** For a configuration with two keys: which of the two the control plane accepts. */
export async function twoKeyChecks(
  loaded: Loaded,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  if (loaded.verdict !== "invalid" || loaded.twoKeys === undefined) {
    return [];
  }
  const checks: Check[] = [];
  for (const candidate of loaded.twoKeys.candidates) {
    checks.push(await checkCandidate(candidate, loaded.twoKeys, environment, signal));
  }
  return checks;
}

async function checkCandidate(
  { setting, keySource, key, findings }: KeyCandidate,
  { config }: TwoKeys,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Check> {
  const stage = "authentication";
  if (key === undefined) {
    const problem = findings.find(({ severity }) => severity === "refused")?.problem ?? "is not usable";
    const remedy = `Delete ${setting}, and keep ${OTHER[setting]}.`;
    return { stage, status: "bad", detail: `${setting}: the key ${problem}`, remedy };
  }
  const route = { kind: "command", again: "Run doctor again" } as const;
  const verdict = await askControlPlane(
    { config, key, keySource, findings, lines: new Map(), path: "", route, isMove: false, environment },
    signal,
  );
  switch (verdict.kind) {
    case "accepted":
      return {
        stage,
        status: "ok",
        detail: `${setting}: ${key} is accepted: ${describeReply(verdict.reply)}`,
        remedy: `Keep it, and delete the line ${OTHER[setting]}.`,
      };
    case "refused":
      return {
        stage,
        status: "bad",
        detail: `${setting}: ${verdict.why}`,
        remedy: `Delete the line ${setting}.`,
      };
    case "unreachable":
      return { stage, status: "unknown", detail: `${setting}: ${verdict.why}`, remedy: verdict.remedy };
  }
}
