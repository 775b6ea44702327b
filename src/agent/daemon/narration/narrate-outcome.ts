import { type Clock, utcTime } from "../../../lib/clock.ts";
import { duration } from "../../../lib/duration.ts";
import { printable } from "../../../lib/printable.ts";
import { sentence } from "../../../lib/sentence.ts";
import type { Entry } from "../../journal/entry.ts";
import type { SyncState } from "../../sync/sync-state.ts";
import type { GenerationState } from "../rotation/generation-state.ts";
import { byId, type Rotation, running } from "../rotation/rotation.ts";
import { adviseRefusal } from "./refusal-advice.ts";
import { reminderDue } from "./reminder.ts";
import {
  changeLabel,
  clockTime,
  effort,
  hostOf,
  keyLabel,
  lastAcceptance,
  refusedChange,
  stillOn,
} from "./wording.ts";

/** What the journal says after an exchange: one line per transition, then reminders at growing distance. */
export function narrateOutcome(
  before: Rotation,
  after: Rotation,
  generationId: number,
  clock: Clock,
): Entry[] {
  const old = byId(before, generationId);
  const state = byId(after, generationId);
  if (old === undefined || state === undefined) {
    return [];
  }
  if (state.sync.kind === "online") {
    return acceptance(before, after, old, state, clock);
  }
  if (old === running(before)) {
    return trouble(old, state, after, clock);
  }
  return state === after.wanted ? candidateTrouble(old, state, after, clock) : [];
}

function acceptance(
  before: Rotation,
  after: Rotation,
  old: GenerationState,
  state: GenerationState,
  clock: Clock,
): Entry[] {
  const previous = before.proven;
  if (state === after.proven) {
    return previous?.verdict === "refused" ? [fellBack(after, state, clock)] : back(old.sync, state, clock);
  }
  if (previous !== undefined) {
    return [switched(previous, state, clock)];
  }
  return old.sync.kind === "connecting" ? [firstAcceptance(state)] : back(old.sync, state, clock);
}

function firstAcceptance(state: GenerationState): Entry {
  const { agent, controlPlane } = state.generation.config;
  const organization = state.sync.kind === "online" ? printable(state.sync.reply.organization.name, 64) : "";
  return {
    event: "key.accepted",
    message: `Online as executor ${agent.name} of ${organization} at ${controlPlane.url} with ${keyLabel(state)}${until(state)}.`,
    fields: { ...identity(state), organization },
  };
}

function switched(previous: GenerationState, state: GenerationState, clock: Clock): Entry {
  const from = previous.generation;
  const to = state.generation;
  if (from.config.agent.name !== to.config.agent.name) {
    return {
      event: "executor.renamed",
      message: `This host is now executor ${to.config.agent.name}, a new one for the control plane; ${from.config.agent.name} goes offline. Online with ${keyLabel(state)}.`,
      fields: identity(state),
    };
  }
  if (from.key.equals(to.key)) {
    return {
      event: "config.switched",
      message: `Now at ${to.config.controlPlane.url}, still with ${keyLabel(state)}.`,
      fields: identity(state),
    };
  }
  const retire = previous.verdict === "accepted" ? "it can be revoked" : "it was refused since";
  return {
    event: "key.rotated",
    message: `Now on ${keyLabel(state)}${until(state)} instead of ${keyLabel(previous)}, ${lastAcceptance(previous, clock)}: ${retire}.`,
    fields: { ...identity(state), previous: from.key.fingerprint, previousKeyId: previous.keyId },
  };
}

function fellBack(after: Rotation, state: GenerationState, clock: Clock): Entry {
  const refused = after.wanted;
  const which =
    refused === undefined
      ? ""
      : ` The ${keyLabel(refused)} in ${refused.generation.keySource} is not accepted.`;
  return {
    event: "key.fallback",
    message: `Online again with the earlier ${keyLabel(state)}.${which} ${stillOn(state, clock)}`,
    fields: identity(state),
  };
}

function back(from: SyncState, state: GenerationState, clock: Clock): Entry[] {
  if (from.kind === "online" || from.kind === "connecting") {
    return [];
  }
  const outage = clock.now() - from.since;
  const host = hostOf(state.generation.config.controlPlane.url);
  const fields = { ...identity(state), outageMs: Math.round(outage), attempts: from.attempts };
  if (from.kind === "unreachable") {
    return [
      {
        event: "control-plane.recovered",
        message: `Online again at ${host} with ${keyLabel(state)} after ${duration(outage)} (${from.attempts} failed ${from.attempts === 1 ? "attempt" : "attempts"}).`,
        fields,
      },
    ];
  }
  return [
    {
      event: "key.recovered",
      message: `${host} accepts ${keyLabel(state)} again after ${duration(outage)} (${from.attempts} ${from.attempts === 1 ? "refusal" : "refusals"}).`,
      fields,
    },
  ];
}

/** The running session was not accepted. */
function trouble(old: GenerationState, state: GenerationState, after: Rotation, clock: Clock): Entry[] {
  const { sync } = state;
  if (sync.kind === "connecting" || sync.kind === "online") {
    return [];
  }
  const first = old.sync.kind !== sync.kind;
  if (!first && !reminderDue(sync.since, old.attemptedAt ?? sync.since, sync.lastAt)) {
    return [];
  }
  const repeat = first ? "" : ` (${effort(sync.attempts, sync.lastAt - sync.since)})`;
  if (sync.kind === "unreachable") {
    return [unreachable(state, repeat, clock)];
  }
  const { why, remedy } = adviseRefusal(sync.last, state, clock);
  const still = first ? "refused" : "still refused";
  const next = running(after) === state ? "" : ` Trying the ${after.wanted?.generation.key} from the file.`;
  const said = sync.last.reason === undefined ? `, said: ${sync.last.message}` : "";
  return [
    {
      event: sync.kind === "forbidden" ? "key.forbidden" : "key.refused",
      message: `${hostOf(state.generation.config.controlPlane.url)} ${still} ${keyLabel(state)} (${code(sync)}${said})${repeat}: ${why}. ${remedy} The nodes keep running.${next}`,
      fields: { ...identity(state), reason: sync.last.reason, attempts: sync.attempts },
    },
  ];
}

function unreachable(state: GenerationState, repeat: string, clock: Clock): Entry {
  const { sync } = state;
  const detail = sync.kind === "unreachable" ? sync.last.detail : "";
  const remedy = sync.kind === "unreachable" ? sync.last.remedy : undefined;
  return {
    event: "control-plane.unreachable",
    message: `${hostOf(state.generation.config.controlPlane.url)} is ${repeat === "" ? "" : "still "}unreachable${repeat}: ${detail}. ${remedy === undefined ? "" : `${sentence(remedy)} `}The nodes keep running; next try at ${clockTime(clock, state.nextAt)}.`,
    fields: {
      ...identity(state),
      cause: sync.kind === "unreachable" ? sync.last.cause : undefined,
      attempts: sync.kind === "connecting" ? 0 : sync.attempts,
    },
  };
}

/** The candidate was not accepted; the running session is untouched. */
function candidateTrouble(
  old: GenerationState,
  state: GenerationState,
  after: Rotation,
  clock: Clock,
): Entry[] {
  const { sync } = state;
  if (sync.kind === "connecting" || sync.kind === "online") {
    return [];
  }
  const current = running(after);
  const first = old.sync.kind !== sync.kind;
  if (!first && !reminderDue(sync.since, old.attemptedAt ?? sync.since, sync.lastAt)) {
    return [];
  }
  const repeat = first ? "" : ` (${effort(sync.attempts, sync.lastAt - sync.since)})`;
  const fields = { ...identity(state), attempts: sync.attempts };
  if (sync.kind === "unreachable") {
    return [
      {
        event: "config.untried",
        message: `The ${changeLabel(state, current)} could not be tried${repeat}: ${sync.last.detail}. ${sentence(sync.last.remedy ?? "It is tried again by itself")} ${stillOn(current, clock)}`,
        fields: { ...fields, cause: sync.last.cause },
      },
    ];
  }
  const { why, remedy } = adviseRefusal(sync.last, state, clock);
  return [
    {
      event: "key.new-refused",
      message: `${refusedChange(state, current)} (${code(sync)})${repeat}: ${why}. ${stillOn(current, clock)} ${remedy}`,
      fields: { ...fields, reason: sync.last.reason },
    },
  ];
}

function code(sync: Extract<SyncState, { kind: "key-refused" | "forbidden" }>): string {
  const status = sync.kind === "forbidden" ? "403" : "401";
  return sync.last.reason === undefined ? status : `${status} ${sync.last.reason}`;
}

function until(state: GenerationState): string {
  return state.keyEndsAt === undefined ? "" : `, valid until ${utcTime(state.keyEndsAt)}`;
}

function identity(state: GenerationState) {
  const { key, config } = state.generation;
  return {
    fingerprint: key.fingerprint,
    keyId: state.keyId,
    executor: config.agent.name,
    controlPlane: config.controlPlane.url,
  };
}
