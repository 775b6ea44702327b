import { basename } from "node:path";
import { type Clock, utcTime } from "../../../lib/clock.ts";
import { duration } from "../../../lib/duration.ts";
import { printable } from "../../../lib/printable.ts";
import { forAgent, withSudo } from "../../../lib/shell-word.ts";
import { remedyText } from "../../../lib/text/remedy.ts";
import { formatIssues } from "../../config/issue/config-issue.ts";
import type { KeyFinding } from "../../key/finding.ts";
import type { Unreachable } from "../../sync/answer/sync-outcome.ts";
import { newSettings } from "../rotation/generation.ts";
import type { GenerationState } from "../rotation/generation-state.ts";
import type { FileProblem } from "../rotation/rotation.ts";

/** The phrases that journal lines, `STATUS=` and `status` share: one wording for one thing. */

/** `key 3fa9c1d2 (prod 260601, k_7d…)`; the fingerprint alone until it was accepted. */
export function keyLabel(state: GenerationState): string {
  const { key } = state.generation;
  if (state.keyId === undefined) {
    return `${key}`;
  }
  return `${key} (${printable(state.keyName ?? "", 40)}, ${printable(state.keyId, 64)})`;
}

/** `fra-34 of organization acme`. */
export function executorIn(name: string, organization: string): string {
  return `${printable(name, 64)} of organization ${printable(organization, 64)}`;
}

/** A change that is not accepted: `new key 5b1c77e0 in agent.toml line 7`, `new agent.name`. */
export function changeLabel({ generation }: GenerationState, current: GenerationState | undefined): string {
  return current?.generation.key.equals(generation.key) === true
    ? `new ${newSettings(current.generation, generation)}`
    : `new ${generation.key} in ${generation.keySource}`;
}

/** If the key is the one in use, it was refused because of what changed beside it. */
export function refusedChange(state: GenerationState, current: GenerationState | undefined): string {
  const { key, keySource } = state.generation;
  const change = changeLabel(state, current);
  return current?.generation.key.equals(key) === true
    ? `The ${key} in ${keySource} was refused with the ${change}`
    : `The ${change} was refused`;
}

export function clockTime(clock: Clock, at: number): string {
  return utcTime(clock.wall(at));
}

/** `last accepted at 2026-11-28 12:03:06 UTC`, `never accepted here`. */
export function lastAcceptance(state: GenerationState, clock: Clock): string {
  return state.acceptedAt === undefined
    ? "never accepted here"
    : `last accepted at ${clockTime(clock, state.acceptedAt)}`;
}

/** For which a key is not sent. */
export function refused(findings: readonly KeyFinding[]): readonly KeyFinding[] {
  return findings.filter(({ severity }) => severity === "refused");
}

/** Every issue or finding of the files, as one line. */
export function problemText(problem: FileProblem): string {
  if (problem.kind === "invalid") {
    return formatIssues(problem.issues);
  }
  return `the key in ${problem.keySource} ${refused(problem.findings)
    .map((finding) => `${finding.problem}. ${remedyText(finding.remedy)}`)
    .join(" | ")}`;
}

/** The effect of a change that is not in use: what still runs, and what a restart would do. */
export function stillOn(state: GenerationState | undefined, clock: Clock): string {
  if (state === undefined) {
    return "Until it is fixed the agent sends nothing; then it continues without a restart.";
  }
  switch (state.sync.kind) {
    case "online":
      return `Still online with ${keyLabel(state)}; if restarted now, the agent could not come online.`;
    case "unreachable":
      return `Still on ${keyLabel(state)}, ${lastAcceptance(state, clock)}; if restarted now, the agent could not come online.`;
    default:
      return `Still on ${keyLabel(state)}, which has not been accepted either.`;
  }
}

/** `3 attempts in 12 s`. */
export function effort(attempts: number, spanMs: number): string {
  return `${attempts} ${attempts === 1 ? "attempt" : "attempts"} in ${duration(spanMs)}`;
}

/**
 * An outage as the beginning of a sentence: `cp.example.com is unreachable`. A server that answers
 * is not unreachable. `still` goes before the verb.
 */
export function outage(host: string, { httpStatus }: Pick<Unreachable, "httpStatus">, still = ""): string {
  return httpStatus === undefined
    ? `${host} is ${still}unreachable`
    : `${host} ${still}answers, but cannot serve`;
}

export function hostOf(url: string): string {
  return URL.parse(url)?.host ?? printable(url);
}

/** The configuration file as a line names it: its name alone if the path is the usual one. */
export function fileName(path: string): string {
  return path === "/etc/novacula/agent.toml" ? basename(path) : path;
}

/** How a credential gets another key: systemd.exec(5). set-key knows where its source is. */
export function credentialFix(): string {
  return `systemd reads a credential only at a start, so a restart has to follow; set-key names the source, and offers the restart. Fix: ${forAgent("set-key", withSudo)}`;
}
