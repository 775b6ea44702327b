import { useState } from "preact/hooks";
import type { ListedKey } from "../../api/lists/key-list.ts";
import type { Membership } from "../../state/session.ts";
import { Badge, DamagedColumns } from "../../ui/badge.tsx";
import { Link } from "../../ui/link.tsx";
import type { ListOrder } from "../../ui/list/list-query.ts";
import { TableHead } from "../../ui/list/table-head.tsx";
import { Moment } from "../../ui/time.tsx";
import { DeleteKeyDialog, RevokeKeyDialog } from "../end-key-dialogs.tsx";
import { RotateKeyDialog } from "../rotate-key-dialog.tsx";
import { Fingerprint, keyPath } from "../shown/key-label.tsx";
import { KeyExpiry } from "./key-expiry.tsx";
import { KEY_SORTS } from "./key-filters.tsx";
import { type KeyAction, KeyMenu } from "./key-menu.tsx";
import { KeyUsers } from "./key-users.tsx";

interface KeyTableProps {
  readonly keys: readonly ListedKey[];
  readonly order: ListOrder;
  readonly membership: Membership;
  readonly onChanged: () => void;
}

/** The action that was chosen in a key's menu. */
type Asked = { readonly what: KeyAction; readonly apiKey: ListedKey };

export function KeyTable({ keys, order, membership, onChanged }: KeyTableProps) {
  const [asked, setAsked] = useState<Asked>();
  const { canManage } = membership;
  const [created, name, expires] = KEY_SORTS;
  const hasTwin = (apiKey: ListedKey) =>
    keys.some((each) => each.name === apiKey.name && each.id !== apiKey.id);
  return (
    <>
      <table class="list">
        <caption class="visually-hidden">API keys of {membership.organization.name}</caption>
        <TableHead
          columns={[name, "Status", expires, "Used by", created, "Last used"]}
          order={order}
          hasActions={canManage}
        />
        <tbody>
          {keys.map((apiKey) => (
            <KeyRow
              key={apiKey.id}
              apiKey={apiKey}
              hasTwin={hasTwin(apiKey)}
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

interface KeyRowProps {
  readonly apiKey: ListedKey;
  readonly hasTwin: boolean;
  /** Undefined: the person may change nothing. */
  readonly ask: ((what: KeyAction) => void) | undefined;
}

function KeyRow({ apiKey, hasTwin, ask }: KeyRowProps) {
  const { id, name, fingerprint, status, damaged, createdAt, lastUsedAt } = apiKey;
  return (
    <tr>
      <td data-label="Name">
        <span class="key-line">
          <Link to={keyPath(id)} class="name">
            {name}
          </Link>{" "}
          <Fingerprint text={fingerprint} />
        </span>
      </td>
      <td data-label="Status">
        <Badge status={status} />
        <Refused apiKey={apiKey} />
        <DamagedColumns columns={damaged} />
      </td>
      <td data-label="Expires">
        <KeyExpiry apiKey={apiKey} />
      </td>
      <td data-label="Used by">
        <KeyUsers apiKey={apiKey} />
      </td>
      <td data-label="Created">{damaged.includes("createdAt") ? "unknown" : <Moment at={createdAt} />}</td>
      <td data-label="Last used">{lastUsedAt === null ? "never" : <Moment at={lastUsedAt} />}</td>
      {ask === undefined ? null : (
        <td class="actions">
          <KeyMenu apiKey={apiKey} hasTwin={hasTwin} ask={ask} />
        </td>
      )}
    </tr>
  );
}

/** A host that presented the key after its last use was refused. */
function Refused({ apiKey: { lastRefusal, lastUsedAt } }: { apiKey: ListedKey }) {
  if (lastRefusal === null || lastRefusal.at <= (lastUsedAt ?? 0)) {
    return null;
  }
  return (
    <span class="under warning">
      refused <Moment at={lastRefusal.at} />
    </span>
  );
}
