import * as z from "zod/mini";
import type { Operation } from "./answer.ts";
import { keyReference, shownText, timestamp } from "./decode.ts";
import { field, graphql } from "./graphql-operation.ts";

export const auditEvent = z.object({
  id: z.string(),
  at: timestamp,
  actor: shownText,
  action: shownText,
  targetType: shownText,
  targetId: z.string(),
  targetName: shownText,
  details: z.string(),
  source: shownText,
  mentionedKeys: z.array(keyReference),
  /** Columns that the control plane cannot read in its database. */
  damaged: z.array(z.string()),
});

export type AuditEvent = z.output<typeof auditEvent>;

export interface AuditFilter {
  readonly action: string | null;
  readonly actor: string | null;
  readonly target: string | null;
  /** Epoch ms, inclusive. */
  readonly from: number | null;
  /** Epoch ms, exclusive. */
  readonly to: number | null;
  readonly before: string | null;
  readonly after: string | null;
  readonly limit: number;
}

export const EVENT_FIELDS = `id at actor action targetType targetId targetName details source damaged
  mentionedKeys { id name fingerprint }`;

const DOCUMENT = `query AuditEvents(
  $limit: Int, $before: ID, $after: ID, $action: String, $actor: String, $target: String, $from: Timestamp,
  $to: Timestamp
) {
  auditEvents(
    limit: $limit, before: $before, after: $after, action: $action, actor: $actor, target: $target, from: $from,
    to: $to
  ) { ${EVENT_FIELDS} }
}`;

export function listAuditEvents(filter: AuditFilter): Operation<readonly AuditEvent[]> {
  return graphql(DOCUMENT, { ...filter }, field("auditEvents", z.array(auditEvent)));
}
