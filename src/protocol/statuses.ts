/** `damaged`: the control plane cannot read its own record of the key, and refuses it. */
export const API_KEY_STATUSES = ["active", "expired", "revoked", "damaged"] as const;
export type ApiKeyStatus = (typeof API_KEY_STATUSES)[number];

/** `damaged`: the control plane cannot read its own record of the executor. */
export const EXECUTOR_STATUSES = ["online", "offline", "damaged"] as const;
