import type { NodePhase } from "../../protocol/nodes/node-phase.ts";
import type { DesiredNodeState } from "../../protocol/nodes/node-spec.ts";
import type { ObservedNode, ObservedProcess } from "../../protocol/nodes/observed-node.ts";

/** What the phase of a node depends on. */
export interface PhaseFacts {
  readonly desiredState: DesiredNodeState;
  readonly deletion: { readonly keepData: boolean } | null;
  /** The executor has deleted it and keeps its data. */
  readonly isGone: boolean;
  readonly observed: ObservedNode | null;
}

/**
 * Where a node is on its way to what was ordered. It is computed from the order and the last report
 * each time it is asked for, and never stored, so it cannot contradict them.
 *
 * - `provisioning`: the executor has reported nothing about it yet.
 * - `configuring`: the executor has it, and has started no process with any revision.
 * - `starting`, `syncing`, `running`: what its slowest process does.
 * - `stopping`, `stopped`: it is ordered to stop.
 * - `kept`: its executor has deleted it, and keeps its data.
 * - `error`: at least one process needs a person, or an order cannot be carried out.
 */
export function phaseOf({ desiredState, deletion, isGone, observed }: PhaseFacts): NodePhase {
  if (isGone) {
    return "kept";
  }
  if (deletion !== null) {
    return "deleting";
  }
  if (observed === null) {
    return "provisioning";
  }
  const has = (status: ObservedProcess["status"]) =>
    observed.processes.some((each) => each.status === status);
  if (has("error")) {
    return "error";
  }
  if (desiredState === "stopped") {
    return observed.processes.every(({ status }) => status === "stopped") ? "stopped" : "stopping";
  }
  if (observed.processes.length === 0 || (has("stopped") && observed.revision === null)) {
    return "configuring";
  }
  if (has("stopped") || has("starting")) {
    return "starting";
  }
  return has("syncing") ? "syncing" : "running";
}

/**
 * Whether the processes run with an earlier revision than the ordered one, or with something that
 * the agent has not written.
 */
export function isDrifted(revision: number, observed: ObservedNode | null): boolean {
  if (observed === null) {
    return false;
  }
  return observed.revision === null
    ? observed.processes.some(({ status }) => status === "running" || status === "syncing")
    : observed.revision < revision;
}

/** Why the node has its phase, if the phase does not say it all: a sentence for a person. */
export function reasonOf(facts: PhaseFacts & { readonly name: string }): string | null {
  const { name, isGone, deletion, observed } = facts;
  if (isGone) {
    return `It is deleted, and its data is kept on its host. There, sudo novacula-agent nodes purge ${name} deletes the data and frees the name`;
  }
  const processes = observed?.processes ?? [];
  const failed = processes.find(({ problem, status }) => problem !== null || status === "error");
  if (failed !== undefined) {
    const what = failed.reason ?? failed.problem ?? "it has failed";
    return processes.length < 2 ? what : `${failed.role}: ${what}`;
  }
  if (deletion === null && observed === null) {
    return "The executor has not reported anything about the node yet";
  }
  return processes.find(({ reason }) => reason !== null)?.reason ?? null;
}
