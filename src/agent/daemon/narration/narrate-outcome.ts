import { type Clock, utcTime } from "../../../lib/clock.ts";
import { duration } from "../../../lib/duration.ts";
import { printable } from "../../../lib/printable.ts";
import { sentence } from "../../../lib/sentence.ts";
import { forAgent, withSudo } from "../../../lib/shell-word.ts";
import { withLines } from "../../config/setting-lines.ts";
import type { Entry } from "../../journal/entry.ts";
import type { Unreachable, UnreachableCause } from "../../sync/answer/sync-outcome.ts";
import type { SyncState } from "../../sync/sync-state.ts";
import { newSettings } from "../rotation/generation.ts";
import type { GenerationState } from "../rotation/generation-state.ts";
import { byId, type Rotation, running } from "../rotation/rotation.ts";
import { type Occasion, occasionOf } from "./occasion.ts";
import { adviseRefusal, codeOf, refusedKeyOf } from "./refusal-advice.ts";
import {
  changeLabel,
  clockTime,
  hostOf,
  keyLabel,
  lastAcceptance,
  outage,
  refusedChange,
  stillOn,
} from "./wording.ts";

/** What the narration needs to know of one outcome; all belongs to one moment. */
interface Change {
  readonly before: Rotation;
  readonly after: Rotation;
  /** The state of the generation that the outcome belongs to, before and after it. */
  readonly old: GenerationState;
  readonly state: GenerationState;
  readonly clock: Clock;
}

/** The lines after an outcome: one for each transition, then reminders at growing distance. */
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
  const change = { before, after, old, state, clock };
  if (state.sync.kind === "online") {
    return acceptance(change);
  }
  if (old === running(before)) {
    return trouble(change);
  }
  return state === after.wanted ? candidateTrouble(change) : [];
}

function acceptance({ before, after, old, state, clock }: Change): Entry[] {
  const previous = before.proven;
  if (state === after.proven) {
    return previous?.verdict === "refused" ? [fellBack(after, state)] : back(old.sync, state, clock);
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
    message: `Online as executor ${agent.name} of ${organization} at ${controlPlane.url} with ${keyLabel(state)}${validUntil(state)}.`,
    fields: { ...identity(state), organization },
  };
}

function switched(previous: GenerationState, state: GenerationState, clock: Clock): Entry {
  const from = previous.generation;
  const to = state.generation;
  if (from.config.agent.name !== to.config.agent.name) {
    return {
      event: "executor.renamed",
      message: `This host is now executor ${to.config.agent.name} instead of ${from.config.agent.name}, which goes offline. Nodes stay with their executor: to keep those of ${from.config.agent.name}, set agent.name back. Online with ${keyLabel(state)}.`,
      fields: identity(state),
    };
  }
  if (from.key.equals(to.key)) {
    return {
      event: "config.switched",
      message: `Switched to the new ${newSettings(from, to)}: online at ${to.config.controlPlane.url}, still with ${keyLabel(state)}.`,
      fields: identity(state),
    };
  }
  const retire =
    previous.verdict === "accepted" ? "The old key can be revoked." : "The old key is already refused.";
  return {
    event: "key.rotated",
    message: `Switched to ${keyLabel(state)}${validUntil(state)}, from ${keyLabel(previous)}, ${lastAcceptance(previous, clock)}. ${retire}`,
    fields: { ...identity(state), previous: from.key.fingerprint, previousKeyId: previous.keyId },
  };
}

function fellBack(after: Rotation, state: GenerationState): Entry {
  const refused = after.wanted;
  const because =
    refused === undefined
      ? ""
      : `: the ${keyLabel(refused)} in ${refused.generation.keySource} is not accepted`;
  return {
    event: "key.fallback",
    message: `Online again with the earlier ${keyLabel(state)}${because}. If restarted now, the agent could not come online.`,
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

/** Nothing answered, so only a look at this host and the way there tells more. */
const SILENT: ReadonlySet<UnreachableCause> = new Set(["timeout", "connection-lost", "network"]);

function seeCause(): string {
  return `To see the cause, run: ${forAgent("doctor", withSudo)}`;
}

/** The generation that runs was not accepted. */
function trouble(change: Change): Entry[] {
  const { old, state, after, clock } = change;
  const occasion = occasionOf(old, state);
  if (occasion === undefined) {
    return [];
  }
  const { sync, repeat } = occasion;
  const host = hostOf(state.generation.config.controlPlane.url);
  const isFirst = occasion.kind === "first";
  const fields = { ...identity(state), attempts: sync.attempts };
  if (sync.kind === "unreachable") {
    const { detail, remedy, cause } = sync.last;
    const { lines, file } = state.generation;
    const known = remedy === undefined ? undefined : sentence(withLines(remedy, lines, file));
    const advice = known ?? (SILENT.has(cause) ? seeCause() : "");
    return [
      {
        event: "control-plane.unreachable",
        message: `${outageNow(host, sync.last, occasion)}: ${detail}. The nodes keep running; next try at ${clockTime(clock, state.nextAt)}.${advice === "" ? "" : ` ${advice}`}`,
        fields: { ...fields, cause },
      },
    ];
  }
  const { why, remedy } = adviseRefusal(sync.last, refusedKeyOf(state), clock);
  const next = running(after) === state ? "" : ` Trying the ${after.wanted?.generation.key} from the file.`;
  return [
    {
      event: sync.kind === "forbidden" ? "key.forbidden" : "key.refused",
      message: `${host} ${isFirst ? "refused" : "still refuses"} ${keyLabel(state)} (${codeOf(sync.last)})${repeat}: ${why}. The nodes keep running.${next} ${remedy}`,
      fields: { ...fields, reason: sync.last.reason },
    },
  ];
}

/** A server that is out of reach may answer by now, and the other way round. */
function outageNow(host: string, last: Unreachable, { kind, repeat }: Occasion): string {
  return kind === "other-cause"
    ? `The outage of ${host} goes on${repeat}`
    : `${outage(host, last, kind === "first" ? "" : "still ")}${repeat}`;
}

/** The candidate was not accepted; the generation that runs is untouched. */
function candidateTrouble(change: Change): Entry[] {
  const { old, state, after, clock } = change;
  const occasion = occasionOf(old, state);
  if (occasion === undefined) {
    return [];
  }
  const { sync, repeat } = occasion;
  const current = running(after);
  const fields = { ...identity(state), attempts: sync.attempts };
  if (sync.kind === "unreachable") {
    const { lines, file } = state.generation;
    const advice = sentence(withLines(sync.last.remedy ?? "The agent keeps trying", lines, file));
    return [
      {
        event: "config.untried",
        message: `The ${changeLabel(state, current)} could not be tried${repeat}: ${sync.last.detail}. ${stillOn(current, clock)} ${advice}`,
        fields: { ...fields, cause: sync.last.cause },
      },
    ];
  }
  const { why, remedy } = adviseRefusal(sync.last, refusedKeyOf(state), clock);
  return [
    {
      event: "key.new-refused",
      message: `${refusedChange(state, current)} (${codeOf(sync.last)})${repeat}: ${why}. ${stillOn(current, clock)} ${remedy}`,
      fields: { ...fields, reason: sync.last.reason },
    },
  ];
}

function validUntil({ keyEndsAt }: GenerationState): string {
  return keyEndsAt === undefined ? "" : `, valid until ${utcTime(keyEndsAt)}`;
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
