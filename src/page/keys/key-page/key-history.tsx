import * as z from "zod/mini";
import type { AuditEvent } from "../../api/audit.ts";
import type { KeyDetails } from "../../api/keys/key-details.ts";
import { Link } from "../../ui/link.tsx";
import { ExactTime, exactly } from "../../ui/time.tsx";
import { keyPath } from "../shown/key-label.tsx";

/** What was done to the key, newest first. */
export function KeyHistory({ apiKey, events }: { apiKey: KeyDetails; events: readonly AuditEvent[] }) {
  const names = new Map(apiKey.rotations.map(({ id, name }) => [id, name]));
  return (
    <section>
      <h2>History</h2>
      <ol class="history">
        {events.map((event) => (
          <li key={event.id}>
            {event.damaged.includes("at") ? <span>unknown time</span> : <ExactTime at={event.at} />}
            <span>
              <Deed event={event} names={names} />
              <span class="under">{event.actor}</span>
            </span>
          </li>
        ))}
      </ol>
      <p class="more">
        <Link to={`/audit?target=${encodeURIComponent(apiKey.id)}`}>All records in the audit log</Link>
      </p>
    </section>
  );
}

const details = z.object({
  rotatedFrom: z.optional(z.string()),
  rotatedTo: z.optional(z.string()),
  revokesAt: z.optional(z.number()),
  executor: z.optional(z.string()),
});

function detailsOf(json: string): z.output<typeof details> {
  try {
    return details.safeParse(JSON.parse(json)).data ?? {};
  } catch {
    return {};
  }
}

/** The event as a person would say it. */
function Deed({ event, names }: { event: AuditEvent; names: ReadonlyMap<string, string> }) {
  const { rotatedFrom, rotatedTo, revokesAt, executor } = detailsOf(event.details);
  switch (event.action) {
    case "api_key.created":
      return rotatedFrom === undefined ? (
        <>created</>
      ) : (
        <>
          created by a rotation of{" "}
          <Link to={keyPath(rotatedFrom)}>{names.get(rotatedFrom) ?? "another key"}</Link>
        </>
      );
    case "api_key.updated":
    case "api_key.revoked":
      if (rotatedTo !== undefined) {
        return (
          <>
            rotated to <Link to={keyPath(rotatedTo)}>{names.get(rotatedTo) ?? "another key"}</Link>,{" "}
            {revokesAt === undefined ? "and revoked" : `and valid until ${exactly(revokesAt)}`}
          </>
        );
      }
      if (event.action === "api_key.updated") {
        return <>changed</>;
      }
      return <>{executor === undefined ? "revoked" : `revoked, as the access of ${executor}`}</>;
    case "api_key.deleted":
      return <>deleted</>;
    default:
      return <code>{event.action}</code>;
  }
}
