import * as z from "zod/mini";
import type { Answer } from "./answer.ts";
import { shownText, timestamp } from "./decode.ts";
import { askGraphql } from "./graphql-operation.ts";

const auditEvent = z.object({
  id: z.string(),
  at: timestamp,
  actor: shownText,
  action: shownText,
  targetType: shownText,
  targetId: z.string(),
  targetName: shownText,
  details: z.string(),
  source: shownText,
  /** Columns of its row that cannot be read. */
  damaged: z.array(z.string()),
});

export type AuditEvent = z.output<typeof auditEvent>;

export interface AuditFilter {
  readonly action: string | null;
  readonly actor: string | null;
  readonly target: string | null;
  /** Inclusive. */
  readonly from: number | null;
  /** Exclusive. */
  readonly to: number | null;
  readonly before: string | null;
  readonly limit: number;
}

const DOCUMENT = `query AuditEvents(
  $limit: Int, $before: ID, $action: String, $actor: String, $target: String, $from: Timestamp, $to: Timestamp
) {
  auditEvents(
    limit: $limit, before: $before, action: $action, actor: $actor, target: $target, from: $from, to: $to
  ) { id at actor action targetType targetId targetName details source damaged }
}`;

export async function listAuditEvents(
  filter: AuditFilter,
  signal: AbortSignal,
): Promise<Answer<readonly AuditEvent[]>> {
  const schema = z.object({ auditEvents: z.array(auditEvent) });
  const answer = await askGraphql(DOCUMENT, { ...filter }, schema, signal);
  return answer.kind === "data" ? { kind: "data", data: answer.data.auditEvents } : answer;
}
