import { useState } from "preact/hooks";
import { askExecutor, type Executor, revokeExecutorAccess } from "../api/executors.ts";
import { KeyLabel } from "../keys/key-label.tsx";
import { useAnnounce, useHeartbeatTimeout, usePageState } from "../state/page-state.ts";
import { usePolled } from "../state/polling.ts";
import type { Membership } from "../state/session.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";
import { Badge, DamagedColumns } from "../ui/badge.tsx";
import { Link } from "../ui/link.tsx";
import { Notice } from "../ui/notice.tsx";
import { PageHead } from "../ui/page-head.tsx";
import { DeleteExecutorDialog } from "./delete-executor-dialog.tsx";
import { ExecutorFacts, KeyHistory } from "./executor-facts.tsx";
import { ExecutorWarnings } from "./executor-warnings.tsx";

const INTERVAL_MS = 2000;

/** One executor: its status, its keys, and how to take it offline or delete it. */
export function ExecutorPage({ id, membership }: { id: string; membership: Membership }) {
  const { data, failure, reload } = usePolled(`executor ${id}`, INTERVAL_MS, askExecutor(id));
  const executor = data ?? undefined;
  return (
    <>
      <p class="up">
        <Link to="/executors">Executors</Link>
      </p>
      <PageHead title={executor?.name ?? "Executor"}>
        {membership.canManage && executor !== undefined ? (
          <ExecutorActions executor={executor} onChanged={reload} />
        ) : null}
      </PageHead>
      {data === undefined && failure !== undefined ? <Notice kind="error">{failure}</Notice> : null}
      {data === null ? (
        <p class="empty">{membership.organization.name} has no executor with this ID.</p>
      ) : null}
      {executor === undefined ? null : <ExecutorView executor={executor} />}
    </>
  );
}

function ExecutorActions({ executor, onChanged }: { executor: Executor; onChanged: () => void }) {
  const { navigation } = usePageState();
  const [asked, setAsked] = useState<"revoke" | "delete">();
  const dismiss = () => setAsked(undefined);
  const revoked = () => {
    dismiss();
    onChanged();
  };
  return (
    <>
      {executor.key === null ? null : (
        <button type="button" class="danger" onClick={() => setAsked("revoke")}>
          Revoke executor access
        </button>
      )}
      <button type="button" class="danger" onClick={() => setAsked("delete")}>
        Delete executor
      </button>
      {asked === "revoke" ? (
        <RevokeAccessDialog executor={executor} onDismiss={dismiss} onDone={revoked} />
      ) : null}
      {asked === "delete" ? (
        <DeleteExecutorDialog
          executor={executor}
          onDismiss={dismiss}
          onDone={() => navigation.go("/executors")}
        />
      ) : null}
    </>
  );
}

function ExecutorView({ executor }: { executor: Executor }) {
  return (
    <>
      <p class="status-line">
        <Badge status={executor.status} /> <code>{executor.id}</code>
        <DamagedColumns columns={executor.damaged} />
      </p>
      <ExecutorWarnings executor={executor} />
      <ExecutorFacts executor={executor} />
      <KeyHistory executor={executor} />
    </>
  );
}

interface RevokeAccessProps {
  readonly executor: Executor;
  readonly onDismiss: () => void;
  readonly onDone: () => void;
}

function RevokeAccessDialog({ executor, onDismiss, onDone }: RevokeAccessProps) {
  const { id, name, key } = executor;
  const announce = useAnnounce();
  const timeout = useHeartbeatTimeout();
  return (
    <ActionDialog
      title={`Revoke the access of ${name}?`}
      verb="Revoke access"
      kind="danger"
      operation={() => revokeExecutorAccess(id)}
      onDismiss={onDismiss}
      onDone={() => {
        announce(`The key of ${name} is revoked.`);
        onDone();
      }}
    >
      {key === null ? null : <KeyLabel apiKey={key} />}
      <p>
        This revokes the key that {name} uses. {name}, and every other executor that uses this key, goes
        offline within {timeout} and stays offline until it gets another key. Its nodes keep running.
      </p>
      <p>Revoking cannot be undone.</p>
    </ActionDialog>
  );
}
