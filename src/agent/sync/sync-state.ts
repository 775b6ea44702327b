import type { SyncReply } from "../../protocol/sync.ts";
import type { Refusal, SyncOutcome, Unreachable } from "./answer/sync-outcome.ts";
import { type Course, nextCourse } from "./course.ts";

/**
 * The state of one key at one control plane, computed by `nextSyncState` from the last state and
 * the last outcome, and kept in one place (src/agent/daemon/rotation/rotation.ts). Times are
 * moments of the clock, ms.
 *
 *   state \ outcome   accepted   unreachable        refused        forbidden
 *   any               online     unreachable(n+1)   key-refused    forbidden
 *
 * `since` is when this kind of state began; `attempts` counts its requests. Invariants
 * (property-tested): never `online` after a refusal; a refusal carries its own message.
 */
export type SyncState =
  | { readonly kind: "connecting"; readonly since: number }
  | Online
  | {
      readonly kind: "unreachable";
      readonly since: number;
      readonly lastAt: number;
      readonly attempts: number;
      readonly last: Unreachable;
      /** Of `last.cause`. */
      readonly course: Course;
    }
  | {
      readonly kind: "key-refused" | "forbidden";
      readonly since: number;
      readonly lastAt: number;
      readonly attempts: number;
      readonly last: Refusal;
      /** Of `last.reason`. */
      readonly course: Course;
    };

export interface Online {
  readonly kind: "online";
  readonly since: number;
  readonly lastAt: number;
  readonly attempts: number;
  readonly reply: SyncReply;
  /** The control plane's clock at `lastAt`, epoch ms; undefined if it sent no `Date`. */
  readonly serverTimeMs: number | undefined;
}

export function nextSyncState(sync: SyncState, outcome: SyncOutcome, now: number): SyncState {
  switch (outcome.kind) {
    case "accepted":
      return {
        kind: "online",
        ...continued(sync, "online", now),
        reply: outcome.reply,
        serverTimeMs: outcome.serverTimeMs,
      };
    case "unreachable":
      return { ...failed(sync, "unreachable", outcome.cause, now), last: outcome };
    case "refused":
      return { ...failed(sync, "key-refused", outcome.reason, now), last: outcome };
    case "forbidden":
      return { ...failed(sync, "forbidden", outcome.reason, now), last: outcome };
  }
}

function failed<Kind extends "unreachable" | "key-refused" | "forbidden">(
  sync: SyncState,
  kind: Kind,
  cause: string | undefined,
  now: number,
) {
  const course = nextCourse(sync.kind === kind ? sync.course : undefined, cause ?? "");
  return { kind, ...continued(sync, kind, now), course };
}

function continued(sync: SyncState, kind: SyncState["kind"], now: number) {
  const same = sync.kind === kind && sync.kind !== "connecting";
  return {
    since: same ? sync.since : now,
    lastAt: now,
    attempts: same ? sync.attempts + 1 : 1,
  };
}
