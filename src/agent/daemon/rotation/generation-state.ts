import { endOfKey } from "../../../protocol/sync.ts";
import type { SyncOutcome } from "../../sync/answer/sync-outcome.ts";
import { pauseAfter, pauseAtRestart, restartSpreadOf } from "../../sync/cadence.ts";
import { nextSyncState, type SyncState } from "../../sync/sync-state.ts";
import type { Generation } from "./generation.ts";

/**
 * A generation in use: what the control plane has answered it, and when it is asked again. Times
 * are moments of the clock (`now`), ms.
 */
export interface GenerationState {
  readonly generation: Generation;
  readonly sync: SyncState;
  /** The last authoritative answer; an outage does not change it. */
  readonly verdict: "accepted" | "refused" | undefined;
  /** When this key was last accepted, perhaps by an earlier process (state.json). */
  readonly acceptedAt: number | undefined;
  /** The key that replaced it; undefined: none, or this one was accepted since. */
  readonly newer?: NewerKey | undefined;
  /** Id and name of the key at the control plane, once accepted. */
  readonly keyId: string | undefined;
  readonly keyName: string | undefined;
  /**
   * When the key expires, or the grace period of a rotation ends, epoch ms of the control plane;
   * undefined: never, or not known yet.
   */
  readonly keyEndsAt: number | undefined;
  /** Window over which a restarted fleet spreads its first syncs, ms; undefined: not known. */
  readonly restartSpreadMs: number | undefined;
  /** The sync interval that the control plane asked for last, ms; null: none. */
  readonly askedIntervalMs: number | null;
  readonly attemptedAt: number | undefined;
  /** When the next sync is due; Infinity: not planned. */
  readonly nextAt: number;
}

/** A key that was accepted after another one of the same host. */
export interface NewerKey {
  readonly fingerprint: string;
  /** When it was accepted last, a moment of the clock. */
  readonly acceptedAt: number;
}

/** What an earlier process knew of a key, from state.json. */
export interface KeyMemory {
  readonly verdict: "accepted" | "refused";
  readonly acceptedAt: number | undefined;
  readonly newer?: NewerKey | undefined;
  readonly keyId: string | undefined;
  readonly keyName: string | undefined;
  readonly keyEndsAt: number | undefined;
  readonly restartSpreadMs: number | undefined;
}

/**
 * A process that starts this soon after its key was accepted is a restart, ms: its executor is, or
 * was until now, online.
 */
const RESTART_MS = 300_000;

export function newGenerationState(
  generation: Generation,
  now: number,
  memory: KeyMemory | undefined,
): GenerationState {
  return {
    generation,
    sync: { kind: "connecting", since: now },
    verdict: memory?.verdict,
    acceptedAt: memory?.acceptedAt,
    newer: memory?.newer,
    keyId: memory?.keyId,
    keyName: memory?.keyName,
    keyEndsAt: memory?.keyEndsAt,
    restartSpreadMs: memory?.restartSpreadMs,
    askedIntervalMs: null,
    attemptedAt: undefined,
    nextAt: now,
  };
}

/**
 * The first state of a process. A fleet that restarts together must not return in one second; a
 * cold start or a new key does not wait.
 */
export function atStart(state: GenerationState, now: number, random: () => number): GenerationState {
  const { verdict, acceptedAt } = state;
  const ageMs = acceptedAt === undefined ? Number.POSITIVE_INFINITY : now - acceptedAt;
  const isRestart = verdict === "accepted" && ageMs >= 0 && ageMs <= RESTART_MS;
  return isRestart ? { ...state, nextAt: now + pauseAtRestart(state.restartSpreadMs, random) } : state;
}

export function afterOutcome(
  state: GenerationState,
  outcome: SyncOutcome,
  now: number,
  random: () => number,
): GenerationState {
  const sync = nextSyncState(state.sync, outcome, now);
  const intervalMs = state.generation.config.controlPlane.syncIntervalMs;
  const askedMs = outcome.kind === "accepted" ? outcome.reply.syncIntervalMs : state.askedIntervalMs;
  const nextAt = now + pauseAfter(sync, { intervalMs, askedMs }, random);
  const common = { ...state, sync, nextAt, attemptedAt: now, askedIntervalMs: askedMs };
  switch (outcome.kind) {
    case "accepted":
      return {
        ...common,
        verdict: "accepted",
        acceptedAt: now,
        newer: undefined,
        keyId: outcome.reply.key.id,
        keyName: outcome.reply.key.name,
        keyEndsAt: endOfKey(outcome.reply.key),
        restartSpreadMs: restartSpreadOf(outcome.reply),
      };
    case "refused":
    case "forbidden":
      return { ...common, verdict: "refused" };
    case "unreachable":
      return common;
  }
}

export function dueNow(state: GenerationState, now: number): GenerationState {
  return { ...state, nextAt: Math.min(state.nextAt, now) };
}
