import type { Damageable } from "./damageable.ts";
import type { Page } from "./lists.ts";

/** Who did what. The store keeps it forever. */
export interface NewAuditEvent {
  readonly id: string;
  readonly organizationId: string;
  readonly at: number;
  readonly actor: string;
  /** The person's id. Null for other actors, and in events of earlier versions. */
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

/** All non-null filters must match. */
export interface AuditPage extends Page {
  /** The page precedes this entry. */
  readonly after: string | null;
  readonly action: string | null;
  /** Matches any part of the actor's name, ignoring case. */
  readonly actor: string | null;
  /**
   * Matches the target's id, or the beginning of its name, ignoring case. schema.graphql says what
   * happens if very many names match.
   */
  readonly target: string | null;
  /** Inclusive. */
  readonly from: number | null;
  /** Exclusive. */
  readonly to: number | null;
}

/** An event with its place in the order of writing. */
export interface NumberedAuditEvent {
  /** Grows with each event of any organization. Numbers may be left out. */
  readonly number: number;
  readonly event: AuditEvent;
}

export interface AuditReader {
  /** Of all organizations, oldest first: those with a greater number. */
  eventsAfter(number: number, limit: number): Promise<readonly NumberedAuditEvent[]>;
  /** Newest first. */
  events(organizationId: string, page: AuditPage): Promise<readonly AuditEvent[]>;
}

export interface AuditWriter extends AuditReader {
  insert(event: NewAuditEvent): Promise<void>;
}
