import { printable } from "../../lib/printable.ts";
import type { AuditEvent } from "../api/audit.ts";
import type { KeyReference } from "../api/decode.ts";
import { Fingerprint, KeyLink, keyPath } from "../keys/shown/key-label.tsx";
import { Link } from "../ui/link.tsx";
import { exactly } from "../ui/time.tsx";

/** Readable names of the details; any other keeps its own name. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ["expiresAt", "expires"],
  ["revokesAt", "revoked at"],
  ["rotatedFrom", "replaces"],
  ["rotatedTo", "replaced by"],
  ["lastSyncAt", "last sync"],
  ["revokedKeys", "keys revoked with it"],
  ["stored", "stored before"],
  ["target", "made for"],
]);

const KEY_DETAILS: ReadonlySet<string> = new Set(["rotatedFrom", "rotatedTo", "revokedKeys"]);

/** The key, executor or person that was changed, with its name at that time. */
export function AuditTarget({ event }: { event: AuditEvent }) {
  const { targetName, targetId, details } = event;
  const fingerprint = detailsOf(details).get("fingerprint");
  const path = pathOf(event);
  return (
    <span class="key-line" title={targetId === targetName ? undefined : `ID ${targetId}`}>
      {path === undefined ? (
        <span class="name">{targetName}</span>
      ) : (
        <Link to={path} class="name">
          {targetName}
        </Link>
      )}{" "}
      {fingerprint === undefined ? null : <Fingerprint text={printable(fingerprint)} />}
    </span>
  );
}

/** Undefined: it has no page, or none any more. */
function pathOf({ targetType, targetId, action }: AuditEvent): string | undefined {
  if (action.endsWith(".deleted")) {
    return undefined;
  }
  if (targetType === "api_key") {
    return keyPath(targetId);
  }
  return targetType === "executor" ? `/executors/${encodeURIComponent(targetId)}` : undefined;
}

/** The event's details, except the fingerprint. */
export function AuditDetails({ event: { details, mentionedKeys } }: { event: AuditEvent }) {
  const shown = [...detailsOf(details)].filter(([name]) => name !== "fingerprint");
  if (shown.length === 0) {
    return null;
  }
  return (
    <ul class="details">
      {shown.map(([name, value]) => (
        <li key={name}>
          <span class="muted">{WORDS.get(name) ?? name}</span>{" "}
          <Value name={name} value={value} keys={mentionedKeys} />
        </li>
      ))}
    </ul>
  );
}

interface ValueProps {
  readonly name: string;
  readonly value: unknown;
  readonly keys: readonly KeyReference[];
}

/** Keys are recorded by their ids, which say nothing to people: their names are shown. */
function Value({ name, value, keys }: ValueProps) {
  if (!KEY_DETAILS.has(name)) {
    return shownValue(name, value);
  }
  return [value].flat().map((id, index) => (
    <>
      {index === 0 ? "" : ", "}
      <MentionedKey id={String(id)} apiKey={keys.find((key) => key.id === id)} />
    </>
  ));
}

function MentionedKey({ id, apiKey }: { id: string; apiKey: KeyReference | undefined }) {
  return apiKey === undefined ? (
    <>
      a deleted key, <code>{printable(id, 64)}</code>
    </>
  ) : (
    <KeyLink apiKey={apiKey} />
  );
}

export function detailsOf(json: string): ReadonlyMap<string, unknown> {
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
