import type { SyncState } from "../../sync/sync-state.ts";
import type { GenerationState } from "../rotation/generation-state.ts";
import { reminderDue } from "./reminder.ts";
import { effort } from "./wording.ts";

type Failing = Extract<SyncState, { readonly kind: "unreachable" | "key-refused" | "forbidden" }>;

/** Why a failed sync is worth a line in the journal. */
export interface Occasion {
  readonly sync: Failing;
  readonly kind: "first" | "reminder" | "other-cause";
  /** How often it failed, and whether for another reason; empty the first time. */
  readonly repeat: string;
}

/** Undefined if the sync after which `state` followed `old` is not worth a line. */
export function occasionOf(old: GenerationState, state: GenerationState): Occasion | undefined {
  const { sync } = state;
  if (sync.kind === "connecting" || sync.kind === "online") {
    return undefined;
  }
  if (old.sync.kind !== sync.kind) {
    return { sync, kind: "first", repeat: "" };
  }
  const often = ` (${effort(sync.attempts, sync.lastAt - sync.since)})`;
  if (old.sync.course.changes !== sync.course.changes) {
    return { sync, kind: "other-cause", repeat: `, for another reason${often}` };
  }
  const isDue = reminderDue(sync.since, old.attemptedAt ?? sync.since, sync.lastAt);
  return isDue ? { sync, kind: "reminder", repeat: often } : undefined;
}
