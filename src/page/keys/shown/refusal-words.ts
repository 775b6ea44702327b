import type { ForbiddenReason, KeyRefusalReason } from "../../../protocol/refusal.ts";

const WORDS: Readonly<Record<ForbiddenReason | KeyRefusalReason, string>> = {
  wrong_organization: "the key belongs to another organization",
  key_targets_other_executor: "the key was made for another executor",
  target_deleted: "the key was made for an executor that has been deleted",
  key_held_by_other_executor: "this executor is bound to another key, and the key already serves others",
  key_executor_limit: "the key has reached the limit of executors that it may register",
  kind_mismatch: "an executor of another kind has this name",
  operation_not_allowed: "an executor key may not call this operation",
  unknown: "the key is not known",
  revoked: "the key was revoked",
  expired: "the key has expired",
  malformed: "what was sent is no key",
  damaged: "the control plane cannot read its record of the key",
};

const KNOWN: ReadonlyMap<string, string> = new Map(Object.entries(WORDS));

/** Why a key was refused, as a clause. A reason of a newer control plane keeps its name. */
export function refusalWords(reason: string): string {
  return KNOWN.get(reason) ?? reason;
}
