import { type AuditEvent, type AuditFilter, listAuditEvents } from "../api/audit.ts";
import { usePlace } from "../state/page-state.ts";
import { usePolled } from "../state/polling.ts";
import type { Membership } from "../state/session.ts";
import { DamagedColumns } from "../ui/badge.tsx";
import { PAGE_SIZE, Pager, pageOf } from "../ui/list/pager.tsx";
import { TableHead } from "../ui/list/table-head.tsx";
import { Notice } from "../ui/notice.tsx";
import { PageHead } from "../ui/page-head.tsx";
import { DAY_MS, ExactTime } from "../ui/time.tsx";
import { AuditDetails, AuditTarget } from "./audit-details.tsx";
import { AuditFilters } from "./audit-filters.tsx";

const INTERVAL_MS = 5000;

/** The audit log: who did what to what, and when. */
export function AuditPage({ membership }: { membership: Membership }) {
  const { query } = usePlace();
  const filter = filterOf(query);
  const { data, failure } = usePolled(`audit ${query}`, INTERVAL_MS, listAuditEvents(filter));
  const { shown, hasOlder } = pageOf(data ?? []);
  return (
    <>
      <PageHead title="Audit" />
      <AuditFilters key={membership.organization.id} />
      {data === undefined && failure !== undefined ? <Notice kind="error">{failure}</Notice> : null}
      {data !== undefined && shown.length === 0 ? (
        <p class="empty">{query.size > 0 ? "No event matches the filter." : "No events yet."}</p>
      ) : null}
      {shown.length > 0 ? <AuditTable events={shown} /> : null}
      <Pager lastId={shown.at(-1)?.id} hasOlder={hasOlder} />
    </>
  );
}

function filterOf(query: URLSearchParams): AuditFilter {
  const to = startOfDay(query.get("to"));
  return {
    action: query.get("action"),
    actor: query.get("actor"),
    target: query.get("target"),
    from: startOfDay(query.get("from")),
    // The chosen day is included. A day lasts 23 to 25 hours, so 1.5 days later is always the next
    // day.
    to: to === null ? null : new Date(to + 1.5 * DAY_MS).setHours(0, 0, 0, 0),
    before: query.get("before"),
    limit: PAGE_SIZE + 1,
  };
}

/** The start of a day such as `2026-11-20` in the viewer's zone, epoch ms; null: not a date. */
function startOfDay(date: string | null): number | null {
  if (date === null) {
    return null;
  }
  const at = new Date(`${date}T00:00`).getTime();
  return Number.isNaN(at) ? null : at;
}

function AuditTable({ events }: { events: readonly AuditEvent[] }) {
  return (
    <table class="list audit">
      <caption class="visually-hidden">Audit events, newest first</caption>
      <TableHead columns={["When", "Who", "Action", "What", "Details"]} />
      <tbody>
        {events.map((event) => (
          <tr key={event.id}>
            <td data-label="When">
              {event.damaged.includes("at") ? "unknown" : <ExactTime at={event.at} />}
              <DamagedColumns columns={event.damaged} />
            </td>
            <td data-label="Who" class="foreign">
              {event.actor}
              <span class="under">via the {event.source}</span>
            </td>
            <td data-label="Action">
              <code>{event.action}</code>
            </td>
            <td data-label="What">
              <AuditTarget event={event} />
            </td>
            <td data-label="Details">
              <AuditDetails event={event} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
