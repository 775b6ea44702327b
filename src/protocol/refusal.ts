/**
 * Why a control plane refused a key, in `errors[].extensions.reason`. The agent keeps a reason that
 * it does not know as text, and treats it as if there were none.
 */

/** With 401: the key itself is not valid. */
export const KEY_REFUSAL_REASONS = [
  "unknown",
  "revoked",
  "expired",
  /** No executor key arrived. `arrived` says what did. */
  "malformed",
  /** The control plane cannot read its own record of the key. */
  "damaged",
] as const;

/**
 * With `malformed`: what arrived in `Authorization`, in `errors[].extensions.arrived`. An agent
 * sends one executor key, so it knows from this that something on the way changes the header.
 */
export const ARRIVALS = [
  /** No header, or an empty one. */
  "nothing",
  /** `Basic …`, or no scheme. */
  "other_scheme",
  /** Two credentials, separated by a comma. */
  "several",
  /** `Bearer`, but no executor key. */
  "not_a_key",
] as const;

/** What else a refusal says of the key, in `errors[].extensions`. */
export interface RefusalFacts {
  readonly arrived?: Arrival;
  /** Of the key that arrived. */
  readonly fingerprint?: string;
  /** With `revoked`: whether another key replaced this one. */
  readonly rotated?: boolean;
  /** With `wrong_organization`: the slug of the key's organization. */
  readonly organization?: string;
  /** With `operation_not_allowed`: where the page is, for a browser that has it from elsewhere. */
  readonly pageOrigin?: string;
}

/** With 403: the key is valid, but not for this executor or operation. */
export const FORBIDDEN_REASONS = [
  /** The executor was in a different organization from the key's. Nothing was written. */
  "wrong_organization",
  /** The key was made for another executor. */
  "key_targets_other_executor",
  /** The key was made for an executor that has been deleted. */
  "target_deleted",
  /**
   * The executor is bound to another key, and this key's lineage already serves another executor.
   */
  "key_held_by_other_executor",
  /** The key's lineage has enrolled as many executors as it may. */
  "key_executor_limit",
  /** The executor's kind was fixed by its first sync. */
  "kind_mismatch",
  /** An executor key may not call this operation. */
  "operation_not_allowed",
] as const;

/** Why a change of a node was refused. `errors[].extensions.issues` names each entry. */
export const NODE_REFUSAL_REASONS = [
  /** An entry of the configuration is not in the catalogue, or has no valid value. */
  "invalid_node_config",
  /** The executor's agent cannot run this chain, client or version, or manages no nodes. */
  "chain_not_supported_by_executor",
  /** Somebody else changed the node in the meantime. */
  "revision_conflict",
  /** The executor has a node of this name, or keeps the data of one. */
  "name_taken",
  /** Another node of the executor uses the port. */
  "port_taken",
  /** The executor cannot be deleted before its nodes. */
  "executor_has_nodes",
] as const;

export type NodeRefusalReason = (typeof NODE_REFUSAL_REASONS)[number];
export type Arrival = (typeof ARRIVALS)[number];
export type KeyRefusalReason = (typeof KEY_REFUSAL_REASONS)[number];
export type ForbiddenReason = (typeof FORBIDDEN_REASONS)[number];

/** Codes in `errors[].extensions.code`, with Apollo's names if it has one. */
export const ErrorCode = {
  unauthenticated: "UNAUTHENTICATED",
  forbidden: "FORBIDDEN",
  badUserInput: "BAD_USER_INPUT",
  /** Too many requests in a short time. `Retry-After` says when to retry. */
  rateLimited: "RATE_LIMITED",
  unavailable: "SERVICE_UNAVAILABLE",
  internal: "INTERNAL_SERVER_ERROR",
} as const;
