/** `damaged`: the control plane cannot read its own record of the key, and refuses it. */
export const API_KEY_STATUSES = ["active", "expired", "revoked", "damaged"] as const;
export type ApiKeyStatus = (typeof API_KEY_STATUSES)[number];

/** `damaged`: the control plane cannot read its own record of the executor. */
export const EXECUTOR_STATUSES = ["online", "offline", "damaged"] as const;

/** Why an executor is offline. The control plane names the first that holds. */
export const OFFLINE_CAUSES = [
  /** Its only process was stopped in an orderly way. */
  "stopped",
  "key_deleted",
  "key_revoked",
  "key_expired",
  /** Its key works, but not for this executor; or another key of its host does not. */
  "refused",
  /** Nothing has been heard of it. */
  "silent",
] as const;
export type OfflineCause = (typeof OFFLINE_CAUSES)[number];

/**
 * What the timeline of an executor has, in the order of those that happened at the same time. The
 * database stores the place in this list.
 */
export const TRANSITION_KINDS = ["online", "key_changed", "refused", "offline"] as const;
export type TransitionKind = (typeof TRANSITION_KINDS)[number];
