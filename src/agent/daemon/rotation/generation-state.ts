import type { AuthenticatedKey } from "../../../protocol/sync.ts";
import type { SyncOutcome } from "../../sync/answer/sync-outcome.ts";
import { pauseAfter, pauseAtRestart } from "../../sync/cadence.ts";
import { type Connection, nextConnection } from "../../sync/sync-state.ts";
import type { Generation } from "./generation.ts";

/** A generation in use: what the control plane has said to it, and when it is asked again. Times are moments of the clock (`now`), ms. */
export interface Session {
  readonly generation: Generation;
  readonly connection: Connection;
  /** The last authoritative answer; an outage does not take it back. */
  readonly verdict: "accepted" | "refused" | undefined;
  /** When this key was last accepted, also by an earlier process (state.json). */
  readonly acceptedAt: number | undefined;
  /** Id and name of the key at the control plane, once it was accepted. */
  readonly keyId: string | undefined;
  readonly keyName: string | undefined;
  /** When the key ends, by its expiry or by the grace period of a rotation, epoch ms of the control plane; undefined: never, or not known yet. */
  readonly keyEndsAt: number | undefined;
  /** Over how long the control plane wants first syncs after a restart spread, ms; undefined: it has not said. */
  readonly restartSpreadMs: number | undefined;
  readonly attemptedAt: number | undefined;
  /** When the next sync is due; Infinity while it waits for its turn. */
  readonly nextAt: number;
}

/** What an earlier process knew of a key, from state.json. */
export interface KeyMemory {
  readonly verdict: "accepted" | "refused";
  readonly acceptedAt: number | undefined;
  readonly keyId: string | undefined;
  readonly keyName: string | undefined;
  readonly keyEndsAt: number | undefined;
  readonly restartSpreadMs: number | undefined;
}

/** A process that starts this soon after its key was accepted is a restart: its executor is still online, or was just now. */
const RESTART_MS = 300_000;

export function newSession(generation: Generation, now: number, memory: KeyMemory | undefined): Session {
  return {
    generation,
    connection: { kind: "connecting", since: now },
    verdict: memory?.verdict,
    acceptedAt: memory?.acceptedAt,
    keyId: memory?.keyId,
    keyName: memory?.keyName,
    keyEndsAt: memory?.keyEndsAt,
    restartSpreadMs: memory?.restartSpreadMs,
    attemptedAt: undefined,
    nextAt: now,
  };
}

/** The first session of a process. A fleet that is restarted together must not return in one second; a cold start, or a new key, does not wait. */
export function atStart(session: Session, now: number, random: () => number): Session {
  const { verdict, acceptedAt } = session;
  const ageMs = acceptedAt === undefined ? Number.POSITIVE_INFINITY : now - acceptedAt;
  const isRestart = verdict === "accepted" && ageMs >= 0 && ageMs <= RESTART_MS;
  return isRestart ? { ...session, nextAt: now + pauseAtRestart(session.restartSpreadMs, random) } : session;
}

export function afterOutcome(
  session: Session,
  outcome: SyncOutcome,
  now: number,
  random: () => number,
): Session {
  const connection = nextConnection(session.connection, outcome, now);
  const nextAt = now + pauseAfter(connection, session.generation.config.controlPlane.syncIntervalMs, random);
  const common = { ...session, connection, nextAt, attemptedAt: now };
  switch (outcome.kind) {
    case "accepted":
      return {
        ...common,
        verdict: "accepted",
        acceptedAt: now,
        keyId: outcome.reply.key.id,
        keyName: outcome.reply.key.name,
        keyEndsAt: endOfKey(outcome.reply.key),
        restartSpreadMs: outcome.reply.restartSpreadMs ?? undefined,
      };
    case "refused":
    case "forbidden":
      return { ...common, verdict: "refused" };
    case "unreachable":
      return common;
  }
}

function endOfKey({ expiresAt, revokesAt }: AuthenticatedKey): number | undefined {
  if (expiresAt === null || revokesAt === null) {
    return expiresAt ?? revokesAt ?? undefined;
  }
  return Math.min(expiresAt, revokesAt);
}

export function dueNow(session: Session, now: number): Session {
  return { ...session, nextAt: Math.min(session.nextAt, now) };
}
