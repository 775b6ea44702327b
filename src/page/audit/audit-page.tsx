import { type AuditEvent, type AuditFilter, listAuditEvents } from "../api/audit.ts";
import { usePlace } from "../state/navigation.ts";
import { usePolled } from "../state/polling.ts";
import type { Membership } from "../state/session.ts";
import { DamagedColumns } from "../ui/list/damaged-columns.tsx";
import { ListHead } from "../ui/list/list-head.tsx";
import { PAGE_SIZE, Pager, pageOf } from "../ui/list/pager.tsx";
import { Notice } from "../ui/notice.tsx";
import { PageHead } from "../ui/page-head.tsx";
import { DAY_MS, exactly } from "../ui/time.tsx";
import { AuditDetails, AuditTarget } from "./audit-details.tsx";
import { AuditFilters } from "./audit-filters.tsx";

const INTERVAL_MS = 5000;

/** Who did what, to what, when; the URL carries the filter. */
export function AuditPage({ membership }: { membership: Membership }) {
  const { query } = usePlace();
  const filter = filterOf(query);
  const { data, failure } = usePolled(`audit ${query}`, INTERVAL_MS, (signal) =>
    listAuditEvents(filter, signal),
  );
  const { shown, hasOlder } = pageOf(data ?? []);
  return (
    <>
      <PageHead title="Audit" />
      <AuditFilters key={membership.organization.id} />
      {data === undefined && failure !== undefined ? <Notice kind="error">{failure}</Notice> : null}
      {data !== undefined && shown.length === 0 ? (
        <p class="empty">{query.size > 0 ? "Nothing matches." : "Nothing has been done yet."}</p>
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
    // The day that is chosen counts; half a day more never skips one, however long a day of the zone is.
    to: to === null ? null : new Date(to + 1.5 * DAY_MS).setHours(0, 0, 0, 0),
    before: query.get("before"),
    limit: PAGE_SIZE + 1,
  };
}

/** `2026-11-20` as the first instant of that day in the viewer's zone. */
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
      <ListHead columns={["When", "Who", "Action", "What", "Details"]} />
      <tbody>
        {events.map((event) => (
          <tr key={event.id}>
            <td data-label="When">
              {event.damaged.includes("at") ? (
                "unknown"
              ) : (
                <time dateTime={new Date(event.at).toISOString()}>{exactly(event.at)}</time>
              )}
              <DamagedColumns columns={event.damaged} />
            </td>
            <td data-label="Who" class="told">
              {event.actor}
              <span class="under">through the {event.source}</span>
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
