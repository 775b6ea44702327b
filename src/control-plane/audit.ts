import { randomId } from "./random-id.ts";
import type { KeyRecord, StoreTransaction } from "./store.ts";

export type KeyAction = "api_key.created" | "api_key.updated" | "api_key.revoked" | "api_key.deleted";

/** All that an audit event may tell beside the key's id and name (C6): never a secret, never a free text. */
export interface AuditDetails {
  readonly fingerprint: string;
  readonly expiresAt?: number | null;
  readonly revokesAt?: number;
  readonly target?: string;
  /** Id of the key that this one was rotated from. */
  readonly rotatedFrom?: string;
  /** Id of the key that took its place. */
  readonly rotatedTo?: string;
}

/** Records what was done to a key, in the transaction that does it: acknowledged means audited. */
export async function auditKey(
  transaction: StoreTransaction,
  action: KeyAction,
  key: KeyRecord,
  at: number,
  details: Omit<AuditDetails, "fingerprint"> = {},
): Promise<void> {
  const allowed: AuditDetails = { fingerprint: key.fingerprint, ...details };
  await transaction.insertAuditEvent({
    id: randomId(),
    organizationId: key.organization.id,
    at,
    // Whoever may open the 0600 socket; Node cannot ask the kernel who that was.
    actor: "local operator",
    action,
    targetType: "api_key",
    targetId: key.id,
    targetName: key.name,
    details: JSON.stringify(allowed),
    source: "management socket",
  });
}
