import type { Damageable } from "./damage.ts";

/** What was done, as the store keeps it for ever. */
export interface NewAuditEvent {
  readonly id: string;
  readonly organizationId: string;
  readonly at: number;
  readonly actor: string;
  /**
   * Id of the person; null where it was none of the people, or was written before this was
   * recorded.
   */
  readonly actorId: string | null;
  readonly action: string;
  readonly targetType: string;
  readonly targetId: string;
  readonly targetName: string;
  /** JSON of an allow-list of fields. */
  readonly details: string;
  readonly source: string;
}

export interface AuditEvent extends NewAuditEvent, Damageable {}
