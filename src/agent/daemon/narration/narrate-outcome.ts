import { type Clock, dateAndMinute } from "../../../lib/clock.ts";
import { duration } from "../../../lib/duration.ts";
import { printable } from "../../../lib/printable.ts";
import type { Entry } from "../../journal/entry.ts";
import type { Connection } from "../../sync/sync-state.ts";
import type { Session } from "../rotation/generation-state.ts";
import { type Rotation, running } from "../rotation/rotation.ts";
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
  sentence,
  stillOn,
} from "./wording.ts";

/** What the journal says after an exchange: one line per transition, then reminders at growing distance. */
export function narrateOutcome(
  before: Rotation,
  after: Rotation,
  generationId: number,
  clock: Clock,
): Entry[] {
  const old = sessionOf(before, generationId);
  const session = sessionOf(after, generationId);
  if (old === undefined || session === undefined) {
    return [];
  }
  if (session.connection.kind === "online") {
    return acceptance(before, after, old, session, clock);
  }
  if (old === running(before)) {
    return trouble(old, session, after, clock);
  }
  return session === after.wanted ? candidateTrouble(old, session, after, clock) : [];
}

function sessionOf(rotation: Rotation, generationId: number): Session | undefined {
  return [rotation.wanted, rotation.proven].find((session) => session?.generation.id === generationId);
}

function acceptance(
  before: Rotation,
  after: Rotation,
  old: Session,
  session: Session,
  clock: Clock,
): Entry[] {
  const previous = before.proven;
  if (session === after.proven) {
    return previous?.verdict === "refused"
      ? [fellBack(after, session, clock)]
      : back(old.connection, session, clock);
  }
  if (previous !== undefined) {
    return [switched(previous, session, clock)];
  }
  return old.connection.kind === "connecting"
    ? [firstAcceptance(session)]
    : back(old.connection, session, clock);
}

function firstAcceptance(session: Session): Entry {
  const { agent, controlPlane } = session.generation.config;
  const organization =
    session.connection.kind === "online" ? printable(session.connection.reply.organization.name, 64) : "";
  return {
    event: "key.accepted",
    message: `Online as executor ${agent.name} of ${organization} at ${controlPlane.url} with ${keyLabel(session)}${until(session)}.`,
    fields: { ...identity(session), organization },
  };
}

function switched(previous: Session, session: Session, clock: Clock): Entry {
  const from = previous.generation;
  const to = session.generation;
  if (from.config.agent.name !== to.config.agent.name) {
    return {
      event: "executor.renamed",
      message: `This host is now executor ${to.config.agent.name}, a new one for the control plane; ${from.config.agent.name} goes offline. Online with ${keyLabel(session)}.`,
      fields: identity(session),
    };
  }
  if (from.key.equals(to.key)) {
    return {
      event: "config.switched",
      message: `Now at ${to.config.controlPlane.url}, still with ${keyLabel(session)}.`,
      fields: identity(session),
    };
  }
  const retire = previous.verdict === "accepted" ? "it can be revoked" : "it was refused since";
  return {
    event: "key.rotated",
    message: `Now on ${keyLabel(session)}${until(session)} instead of ${keyLabel(previous)}, ${lastAcceptance(previous, clock)}: ${retire}.`,
    fields: { ...identity(session), previous: from.key.fingerprint, previousKeyId: previous.keyId },
  };
}

function fellBack(after: Rotation, session: Session, clock: Clock): Entry {
  const refused = after.wanted;
  const which =
    refused === undefined
      ? ""
      : ` The ${keyLabel(refused)} in ${refused.generation.keySource} is not accepted.`;
  return {
    event: "key.fallback",
    message: `Online again with the earlier ${keyLabel(session)}.${which} ${stillOn(session, clock)}`,
    fields: identity(session),
  };
}

function back(from: Connection, session: Session, clock: Clock): Entry[] {
  if (from.kind === "online" || from.kind === "connecting") {
    return [];
  }
  const outage = clock.now() - from.since;
  const host = hostOf(session.generation.config.controlPlane.url);
  const fields = { ...identity(session), outageMs: Math.round(outage), attempts: from.attempts };
  if (from.kind === "unreachable") {
    return [
      {
        event: "control-plane.recovered",
        message: `Online again at ${host} with ${keyLabel(session)} after ${duration(outage)} (${from.attempts} failed ${from.attempts === 1 ? "attempt" : "attempts"}).`,
        fields,
      },
    ];
  }
  return [
    {
      event: "key.recovered",
      message: `${host} accepts ${keyLabel(session)} again after ${duration(outage)} (${from.attempts} ${from.attempts === 1 ? "refusal" : "refusals"}).`,
      fields,
    },
  ];
}

/** The running session was not accepted. */
function trouble(old: Session, session: Session, after: Rotation, clock: Clock): Entry[] {
  const { connection } = session;
  if (connection.kind === "connecting" || connection.kind === "online") {
    return [];
  }
  const first = old.connection.kind !== connection.kind;
  if (!first && !reminderDue(connection.since, old.attemptedAt ?? connection.since, connection.lastAt)) {
    return [];
  }
  const repeat = first ? "" : ` (${effort(connection.attempts, connection.lastAt - connection.since)})`;
  if (connection.kind === "unreachable") {
    return [unreachable(session, repeat, clock)];
  }
  const { why, remedy } = adviseRefusal(connection.last, session, clock);
  const still = first ? "refused" : "still refused";
  const next = running(after) === session ? "" : ` Trying the ${after.wanted?.generation.key} from the file.`;
  const said = connection.last.reason === undefined ? `, said: ${connection.last.message}` : "";
  return [
    {
      event: connection.kind === "forbidden" ? "key.forbidden" : "key.refused",
      message: `${hostOf(session.generation.config.controlPlane.url)} ${still} ${keyLabel(session)} (${code(connection)}${said})${repeat}: ${why}. ${remedy} The nodes keep running.${next}`,
      fields: { ...identity(session), reason: connection.last.reason, attempts: connection.attempts },
    },
  ];
}

function unreachable(session: Session, repeat: string, clock: Clock): Entry {
  const { connection } = session;
  const detail = connection.kind === "unreachable" ? connection.last.detail : "";
  const remedy = connection.kind === "unreachable" ? connection.last.remedy : undefined;
  return {
    event: "control-plane.unreachable",
    message: `${hostOf(session.generation.config.controlPlane.url)} is ${repeat === "" ? "" : "still "}unreachable${repeat}: ${detail}. ${remedy === undefined ? "" : `${sentence(remedy)} `}The nodes keep running; next try at ${clockTime(clock, session.nextAt)}.`,
    fields: {
      ...identity(session),
      cause: connection.kind === "unreachable" ? connection.last.cause : undefined,
      attempts: connection.kind === "connecting" ? 0 : connection.attempts,
    },
  };
}

/** The candidate was not accepted; the running session is untouched. */
function candidateTrouble(old: Session, session: Session, after: Rotation, clock: Clock): Entry[] {
  const { connection } = session;
  if (connection.kind === "connecting" || connection.kind === "online") {
    return [];
  }
  const current = running(after);
  const first = old.connection.kind !== connection.kind;
  if (!first && !reminderDue(connection.since, old.attemptedAt ?? connection.since, connection.lastAt)) {
    return [];
  }
  const repeat = first ? "" : ` (${effort(connection.attempts, connection.lastAt - connection.since)})`;
  const fields = { ...identity(session), attempts: connection.attempts };
  if (connection.kind === "unreachable") {
    return [
      {
        event: "config.untried",
        message: `The ${changeLabel(session, current)} could not be tried${repeat}: ${connection.last.detail}. ${sentence(connection.last.remedy ?? "It is tried again by itself")} ${stillOn(current, clock)}`,
        fields: { ...fields, cause: connection.last.cause },
      },
    ];
  }
  const { why, remedy } = adviseRefusal(connection.last, session, clock);
  return [
    {
      event: "key.new-refused",
      message: `${refusedChange(session, current)} (${code(connection)})${repeat}: ${why}. ${stillOn(current, clock)} ${remedy}`,
      fields: { ...fields, reason: connection.last.reason },
    },
  ];
}

function code(connection: Extract<Connection, { kind: "key-refused" | "forbidden" }>): string {
  const status = connection.kind === "forbidden" ? "403" : "401";
  return connection.last.reason === undefined ? status : `${status} ${connection.last.reason}`;
}

function until(session: Session): string {
  return session.keyEndsAt === undefined ? "" : `, valid until ${dateAndMinute(session.keyEndsAt)}`;
}

function identity(session: Session) {
  const { key, config } = session.generation;
  return {
    fingerprint: key.fingerprint,
    keyId: session.keyId,
    executor: config.agent.name,
    controlPlane: config.controlPlane.url,
  };
}
