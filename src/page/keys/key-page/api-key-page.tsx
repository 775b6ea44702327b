import { useState } from "preact/hooks";
import { askKeyPage, type KeyDetails, type KeyPage } from "../../api/keys/key-details.ts";
import { usePageState } from "../../state/page-state.ts";
import { usePolled } from "../../state/polling.ts";
import type { Membership } from "../../state/session.ts";
import { Badge, DamagedColumns } from "../../ui/badge.tsx";
import { Link } from "../../ui/link.tsx";
import { Notice } from "../../ui/notice.tsx";
import { PageHead } from "../../ui/page-head.tsx";
import { DeleteKeyDialog, RevokeKeyDialog } from "../end-key-dialogs.tsx";
import { FollowUpList } from "../follow-up-list.tsx";
import { RotateKeyDialog } from "../rotate-key-dialog.tsx";
import { Fingerprint } from "../shown/key-label.tsx";
import { KeyFacts } from "./key-facts.tsx";
import { KeyHistory } from "./key-history.tsx";
import { KeyUsers } from "./key-users.tsx";
import { KeyVerdict } from "./key-verdict.tsx";
import { RotationChain } from "./rotation-chain.tsx";

const INTERVAL_MS = 3000;

/** One key: who is on it, who was, and whether it may be revoked. */
export function ApiKeyPage({ id, membership }: { id: string; membership: Membership }) {
  const { data, failure, reload } = usePolled(`key ${id}`, INTERVAL_MS, askKeyPage(id));
  const apiKey = data?.apiKey ?? undefined;
  return (
    <>
      <p class="up">
        <Link to="/api-keys">API keys</Link>
      </p>
      <PageHead title={apiKey?.name ?? "API key"}>
        {membership.canManage && apiKey !== undefined ? (
          <KeyActions apiKey={apiKey} organizationId={membership.organization.id} onChanged={reload} />
        ) : null}
      </PageHead>
      {data === undefined && failure !== undefined ? <Notice kind="error">{failure}</Notice> : null}
      {data?.apiKey === null ? (
        <div class="empty">
          <h2>{membership.organization.name} has no key with this ID</h2>
          <p>
            If it was deleted, <Link to={`/audit?target=${encodeURIComponent(id)}`}>the audit log</Link> still
            has its records.
          </p>
        </div>
      ) : null}
      <FollowUpList organizationId={membership.organization.id} about={id} />
      {data === undefined || apiKey === undefined ? null : <KeyView page={data} apiKey={apiKey} />}
    </>
  );
}

function KeyView({ page, apiKey }: { page: KeyPage; apiKey: KeyDetails }) {
  return (
    <>
      <p class="status-line">
        <Badge status={apiKey.status} /> <Fingerprint text={apiKey.fingerprint} /> <code>{apiKey.id}</code>
        <DamagedColumns columns={apiKey.damaged} />
      </p>
      <KeyVerdict apiKey={apiKey} executors={page.executors} />
      <KeyFacts apiKey={apiKey} />
      <KeyUsers apiKey={apiKey} executors={page.executors} />
      {apiKey.rotations.length > 1 ? <RotationChain apiKey={apiKey} /> : null}
      <KeyHistory apiKey={apiKey} events={page.auditEvents} />
    </>
  );
}

interface KeyActionsProps {
  readonly apiKey: KeyDetails;
  readonly organizationId: string;
  readonly onChanged: () => void;
}

/** One that has ended is replaced if it still has executors, which are refused now. */
function canReplace({ status, revokesAt, usedNowCount }: KeyDetails): boolean {
  return status === "active" ? revokesAt === null : usedNowCount > 0 || status === "expired";
}

function KeyActions({ apiKey, organizationId, onChanged }: KeyActionsProps) {
  const { navigation } = usePageState();
  const [asked, setAsked] = useState<"rotate" | "revoke" | "delete">();
  const dismiss = () => setAsked(undefined);
  const done = () => {
    dismiss();
    onChanged();
  };
  const shared = { apiKey, onDismiss: dismiss, onDone: done };
  const isOver = apiKey.status === "revoked" || apiKey.status === "damaged";
  return (
    <>
      {canReplace(apiKey) ? (
        <button type="button" class="primary" onClick={() => setAsked("rotate")}>
          {apiKey.status === "active" ? "Rotate" : "Replace"}
        </button>
      ) : null}
      {apiKey.status === "revoked" ? null : (
        <button type="button" class="danger" onClick={() => setAsked("revoke")}>
          Revoke
        </button>
      )}
      {isOver ? (
        <button type="button" class="danger" onClick={() => setAsked("delete")}>
          Delete
        </button>
      ) : null}
      {asked === "rotate" ? <RotateKeyDialog {...shared} organizationId={organizationId} /> : null}
      {asked === "revoke" ? <RevokeKeyDialog {...shared} /> : null}
      {asked === "delete" ? <DeleteKeyDialog {...shared} onDone={() => navigation.go("/api-keys")} /> : null}
    </>
  );
}
