import { printable } from "../../lib/printable.ts";
import type { AuditEvent } from "../api/audit.ts";
import { Fingerprint } from "../keys/key-label.tsx";
import { exactly } from "../ui/time.tsx";

/** Readable names of the details; any other keeps its own name. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ["expiresAt", "expires"],
  ["revokesAt", "revoked at"],
  ["rotatedFrom", "rotated from"],
  ["rotatedTo", "rotated to"],
  ["lastSyncAt", "last sync"],
  ["revokedKeys", "keys revoked with it"],
  ["stored", "stored before"],
]);

/** The key, executor or person that was changed, with its name at that time. */
export function AuditTarget({ event: { targetName, targetId, details } }: { event: AuditEvent }) {
  const fingerprint = fieldsOf(details).get("fingerprint");
  return (
    <div class="label-with-id">
      <span class="name">{targetName}</span>
      <span class="ids">
        {targetId === targetName ? null : <code>{targetId}</code>}{" "}
        {fingerprint === undefined ? null : <Fingerprint text={printable(fingerprint)} />}
      </span>
    </div>
  );
}

/** The event's details, except the fingerprint. */
export function AuditDetails({ event: { details } }: { event: AuditEvent }) {
  const shown = [...fieldsOf(details)].filter(([name]) => name !== "fingerprint");
  return (
    <ul class="details">
      {shown.map(([name, value]) => (
        <li key={name}>
          <span class="muted">{WORDS.get(name) ?? name}</span> {shownValue(name, value)}
        </li>
      ))}
    </ul>
  );
}

function fieldsOf(json: string): ReadonlyMap<string, unknown> {
  const parsed: unknown = JSON.parse(json);
  if (typeof parsed !== "object" || parsed === null) {
    return new Map();
  }
  return new Map(Object.entries(parsed).filter(([, value]) => value !== null));
}

function shownValue(name: string, value: unknown): string {
  if (typeof value === "number" && name.endsWith("At")) {
    return exactly(value);
  }
  if (Array.isArray(value)) {
    return value.map((each) => shownValue("", each)).join(", ");
  }
  return printable(typeof value === "string" ? value : JSON.stringify(value), 300);
}
