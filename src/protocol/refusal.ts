/**
 * Why a control plane refused a key, as it says it in `errors[].extensions.reason`.
 * A reason that this version does not know is carried as text and reads like none.
 */

/** With 401: the key itself is not good. */
export const KEY_REFUSAL_REASONS = [
  "unknown",
  "revoked",
  "expired",
  "malformed",
  /** The control plane cannot read its own record of the key. */
  "damaged",
] as const;

/** With 403: the key is good, but not for this executor or operation. */
export const FORBIDDEN_REASONS = [
  /** The executor has been in another organization than the key's. Nothing was written. */
  "wrong_organization",
  /** The key is bound to another executor by its target. */
  "key_targets_other_executor",
  /** The key was made for an executor that was deleted since. */
  "target_deleted",
  /**
   * The executor is bound to another key, and this one, or its lineage, serves another executor
   * already.
   */
  "key_held_by_other_executor",
  /** The key, with those it was rotated from, has enrolled as many executors as one may. */
  "key_executor_limit",
  /** The executor's kind was fixed by its first sync. */
  "kind_mismatch",
  /** The key is good, the operation is not one that an executor key may call. */
  "operation_not_allowed",
] as const;

export type KeyRefusalReason = (typeof KEY_REFUSAL_REASONS)[number];
export type ForbiddenReason = (typeof FORBIDDEN_REASONS)[number];

/** Codes in `errors[].extensions.code` (Apollo's names where there is one). */
export const ErrorCode = {
  unauthenticated: "UNAUTHENTICATED",
  forbidden: "FORBIDDEN",
  badUserInput: "BAD_USER_INPUT",
  /** Too much in too short a time; `Retry-After` says when again. */
  rateLimited: "RATE_LIMITED",
  unavailable: "SERVICE_UNAVAILABLE",
  internal: "INTERNAL_SERVER_ERROR",
} as const;
