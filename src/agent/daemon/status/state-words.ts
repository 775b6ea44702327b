import type { Clock } from "../../../lib/clock.ts";
import { agentCommand } from "../../../lib/shell-word.ts";
import type { ExecutorProcess, SyncReply } from "../../../protocol/sync.ts";
import { adviseDuplicates } from "../narration/duplicates.ts";
import { adviseRefusal, codeOf, refusedKeyOf } from "../narration/refusal-advice.ts";
import { clockTime, executorIn, hostOf, keyLabel, outage, problemText } from "../narration/wording.ts";
import type { GenerationState } from "../rotation/generation-state.ts";
import { candidate, type Rotation, running } from "../rotation/rotation.ts";
import { type NodesStatus, nodesSummary } from "./nodes-status.ts";

/** The state in words: the first line of `status`, `reason` in JSON. */
export function describeState(rotation: Rotation, clock: Clock): string {
  const state = running(rotation);
  if (state === undefined) {
    return rotation.problem === undefined
      ? "Starting."
      : `Waiting for the file to be fixed: ${problemText(rotation.problem)}`;
  }
  const host = hostOf(state.generation.config.controlPlane.url);
  const { sync } = state;
  switch (sync.kind) {
    case "connecting":
      return state.nextAt > clock.now()
        ? `Restarted. The first sync with ${host} is at ${clockTime(clock, state.nextAt)}, so that a restarted fleet does not return all at once. To sync now: ${agentCommand("retry")}`
        : `Connecting to ${host} with ${keyLabel(state)}.`;
    case "online":
      return `Online with ${keyLabel(state)} at ${host} as ${whoIs(state, sync.reply)} since ${clockTime(clock, sync.since)}.`;
    case "unreachable":
      return `${outage(host, sync.last)}, since ${clockTime(clock, sync.since)}: ${sync.last.detail}. Next try at ${clockTime(clock, state.nextAt)}.`;
    case "key-refused":
    case "forbidden": {
      const { why, remedy } = adviseRefusal(sync.last, refusedKeyOf(state), clock);
      return `${host} has refused ${keyLabel(state)} (${codeOf(sync.last, true)}) since ${clockTime(clock, sync.since)}: ${why}. ${remedy}`;
    }
  }
}

/** One name can be an executor in each of two organizations. */
function whoIs({ generation }: GenerationState, { organization }: SyncReply): string {
  return executorIn(generation.config.agent.name, organization.name);
}

/** The sentence, and what other processes sync as the executor. */
export function withDuplicates(
  sentence: string,
  rotation: Rotation,
  self: ExecutorProcess | undefined,
): string {
  const duplicates = duplicatesOf(running(rotation));
  if (duplicates.length === 0) {
    return sentence;
  }
  const { who, remedy } = adviseDuplicates(duplicates, self);
  return `${sentence} Another process syncs as this executor: ${who}. ${remedy}`;
}

/** `STATUS=` for systemd, so that `systemctl status` explains what is wrong. */
export function systemdStatus(
  rotation: Rotation,
  nodes: NodesStatus,
  self: ExecutorProcess | undefined,
  clock: Clock,
): string {
  const summary = nodesSummary(nodes);
  const state = withDuplicates(describeState(rotation, clock), rotation, self);
  const sentence = summary === undefined ? state : `${state} ${summary}.`;
  const isOnline = running(rotation)?.sync.kind === "online";
  const isUnused = rotation.problem !== undefined || candidate(rotation) !== undefined;
  return isOnline && isUnused
    ? `${sentence} A change in the file is not in use: see ${agentCommand("status")}.`
    : sentence;
}

export function duplicatesOf(state: GenerationState | undefined): SyncReply["duplicates"] {
  return state?.sync.kind === "online" ? state.sync.reply.duplicates : [];
}
