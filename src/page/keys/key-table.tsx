import { useState } from "preact/hooks";
import type { ApiKey } from "../api/api-keys.ts";
import type { Membership } from "../state/session.ts";
import { Badge, DamagedColumns } from "../ui/badge.tsx";
import { Link } from "../ui/link.tsx";
import { TableHead } from "../ui/list/table-head.tsx";
import { Menu } from "../ui/menu.tsx";
import { useRestoredFocus } from "../ui/restore-focus.ts";
import { Moment } from "../ui/time.tsx";
import { DeleteKeyDialog, RevokeKeyDialog } from "./end-key-dialogs.tsx";
import { KeyLabel } from "./key-label.tsx";
import { RotateKeyDialog } from "./rotate-key-dialog.tsx";

interface KeyTableProps {
  readonly keys: readonly ApiKey[];
  readonly membership: Membership;
  readonly onChanged: () => void;
}

/** The action that was chosen in a key's menu. */
type Asked = { readonly what: "rotate" | "revoke" | "delete"; readonly apiKey: ApiKey };

export function KeyTable({ keys, membership, onChanged }: KeyTableProps) {
  const [asked, setAsked] = useState<Asked>();
  const { canManage } = membership;
  const restoreFocus = useRestoredFocus();
  return (
    <>
      <table class="list" onFocusIn={restoreFocus}>
        <caption class="visually-hidden">API keys of {membership.organization.name}, newest first</caption>
        <TableHead columns={["Name", "Status", "Used by", "Created", "Last used"]} hasActions={canManage} />
        <tbody>
          {keys.map((apiKey) => (
            <KeyRow
              key={apiKey.id}
              apiKey={apiKey}
              ask={canManage ? (what) => setAsked({ what, apiKey }) : undefined}
            />
          ))}
        </tbody>
      </table>
      {asked === undefined ? null : (
        <AskedDialog
          asked={asked}
          organizationId={membership.organization.id}
          onDismiss={() => setAsked(undefined)}
          onDone={() => {
            setAsked(undefined);
            onChanged();
          }}
        />
      )}
    </>
  );
}

interface AskedDialogProps {
  readonly asked: Asked;
  readonly organizationId: string;
  readonly onDismiss: () => void;
  readonly onDone: () => void;
}

function AskedDialog({ asked: { what, apiKey }, organizationId, onDismiss, onDone }: AskedDialogProps) {
  const shared = { apiKey, onDismiss, onDone };
  if (what === "rotate") {
    return <RotateKeyDialog {...shared} organizationId={organizationId} />;
  }
  if (what === "revoke") {
    return <RevokeKeyDialog {...shared} />;
  }
  return <DeleteKeyDialog {...shared} />;
}

function KeyRow({ apiKey, ask }: { apiKey: ApiKey; ask: ((what: Asked["what"]) => void) | undefined }) {
  return (
    <tr>
      <td data-label="Name">
        <KeyLabel apiKey={apiKey} />
      </td>
      <td data-label="Status">
        <Badge status={apiKey.status} />
        <KeyEndTime apiKey={apiKey} />
        <DamagedColumns columns={apiKey.damaged} />
      </td>
      <td data-label="Used by">
        <UsedBy apiKey={apiKey} />
      </td>
      <td data-label="Created">
        {apiKey.damaged.includes("createdAt") ? "unknown" : <Moment at={apiKey.createdAt} />}
      </td>
      <td data-label="Last used">
        {apiKey.lastUsedAt === null ? "never" : <Moment at={apiKey.lastUsedAt} />}
      </td>
      {ask === undefined ? null : (
        <td class="actions">
          <KeyMenu apiKey={apiKey} ask={ask} />
        </td>
      )}
    </tr>
  );
}

function KeyMenu({
  apiKey: { name, status, revokesAt },
  ask,
}: {
  apiKey: ApiKey;
  ask: (what: Asked["what"]) => void;
}) {
  const wasRotated = revokesAt === null ? undefined : "Already rotated. Rotate the new key instead";
  const items = [
    {
      label: "Rotate",
      onSelect: () => ask("rotate"),
      unavailable: status === "active" ? wasRotated : `The key is ${status}`,
    },
    {
      label: "Revoke",
      onSelect: () => ask("revoke"),
      unavailable: status === "revoked" ? "The key is revoked" : undefined,
      isDangerous: true,
    },
    {
      label: "Delete",
      onSelect: () => ask("delete"),
      unavailable: status === "revoked" || status === "damaged" ? undefined : "Revoke it first",
      isDangerous: true,
    },
  ];
  return <Menu label={`Actions for ${name}`} items={items} />;
}

const SHOWN_EXECUTORS = 2;

/** The last executors that used it, the number of others, and a target that has not used it yet. */
function UsedBy({ apiKey: { usedBy, usedByCount, target } }: { apiKey: ApiKey }) {
  const shown = usedBy.slice(0, SHOWN_EXECUTORS);
  const isWaiting =
    target !== null && (target.isDeleted || !usedBy.some(({ executor }) => executor.id === target.id));
  if (shown.length === 0 && !isWaiting) {
    return <span class="muted">no executor yet</span>;
  }
  const more = usedByCount - shown.length;
  return (
    <ul class="used-by">
      {shown.map(({ executor }) => (
        <li key={executor.id}>
          {executor.isDeleted ? (
            <span class="muted">{executor.name}, deleted</span>
          ) : (
            <Link to={`/executors/${encodeURIComponent(executor.id)}`}>{executor.name}</Link>
          )}
        </li>
      ))}
      {more > 0 ? (
        <li
          title={usedBy
            .slice(SHOWN_EXECUTORS)
            .map(({ executor }) => executor.name)
            .join(", ")}
        >
          +{more}
        </li>
      ) : null}
      {isWaiting ? <li class="muted">{targetLine(target)}</li> : null}
    </ul>
  );
}

function targetLine({ name, isDeleted }: NonNullable<ApiKey["target"]>): string {
  return isDeleted ? `refused: its target ${name} was deleted` : `waiting for ${name}`;
}

/** When an active key ends, or when one ended; nothing if it never does. */
function KeyEndTime({ apiKey: { status, expiresAt, revokesAt, revokedAt } }: { apiKey: ApiKey }) {
  switch (status) {
    case "damaged":
      return null;
    case "revoked":
      return revokedAt === null ? null : <EndTime at={revokedAt} tense="past" />;
    case "expired":
      return expiresAt === null ? null : <EndTime at={expiresAt} tense="past" />;
    case "active":
      if (revokesAt !== null) {
        return <EndTime word="will be revoked " at={revokesAt} tense="future" />;
      }
      return expiresAt === null ? null : <EndTime word="expires " at={expiresAt} tense="future" />;
  }
}

function EndTime({ word = "", at, tense }: { word?: string; at: number; tense: "past" | "future" }) {
  return (
    <span class="under">
      {word}
      <Moment at={at} tense={tense} />
    </span>
  );
}
