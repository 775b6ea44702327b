import { type AuditEvent, type AuditFilter, listAuditEvents } from "../api/audit.ts";
import { usePlace } from "../state/page-state.ts";
import { usePolledList } from "../state/polled-list.ts";
import type { Membership } from "../state/session.ts";
import { DamagedColumns } from "../ui/badge.tsx";
import { cursorOf, isFiltered, pageOf } from "../ui/list/list-query.ts";
import { NothingFound } from "../ui/list/list-state.tsx";
import { Pager } from "../ui/list/pager.tsx";
import { TableHead } from "../ui/list/table-head.tsx";
import { PageHead } from "../ui/page-head.tsx";
import { Pending } from "../ui/pending.tsx";
import { DAY_MS, ExactTime } from "../ui/time.tsx";
import { AuditDetails, AuditTarget, detailsOf } from "./audit-details.tsx";
import { AUDIT_FILTERS, AuditFilters } from "./audit-filters.tsx";
import { actionWords } from "./audit-words.ts";

const INTERVAL_MS = 5000;

/** The audit log: who did what to what, and when. */
export function AuditPage({ membership }: { membership: Membership }) {
  const { query } = usePlace();
  const { data, failure, ...list } = usePolledList(
    "audit",
    INTERVAL_MS,
    listAuditEvents(filterOf(query)),
    (events) => events.length === 0,
  );
  const page = pageOf(data ?? [], list.query);
  return (
    <>
      <PageHead title="Audit" />
      <div class="list-tools">
        <AuditFilters key={membership.organization.id} />
      </div>
      {data === undefined ? <Pending failure={failure} /> : null}
      {data !== undefined && page.shown.length === 0 ? <NoEvents /> : null}
      {page.shown.length > 0 ? <AuditTable events={page.shown} /> : null}
      <Pager page={page} />
    </>
  );
}

function NoEvents() {
  const { query } = usePlace();
  return isFiltered(query, [...AUDIT_FILTERS, "before", "after"]) ? (
    <NothingFound noun="event" filters={AUDIT_FILTERS} />
  ) : (
    <p class="empty">No events yet.</p>
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
    ...cursorOf(query),
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
              <Actor actor={event.actor} />
            </td>
            <td data-label="Action" title={event.action}>
              {actionWords(event.action, detailsOf(event.details))}
              <span class="under">via the {event.source}</span>
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

const PERSON = /^(.+) <([^<>]+)>$/u;

/** Of a person the name, and below it the address, which no other person has. */
function Actor({ actor }: { actor: string }) {
  const [, name, email] = PERSON.exec(actor) ?? [];
  return (
    <>
      {name ?? actor}
      {email === undefined ? null : <span class="under">{email}</span>}
    </>
  );
}
