import { useState } from "preact/hooks";
import { askExecutor, type Executor, revokeExecutorAccess } from "../api/executors.ts";
import { KeyLabel } from "../keys/key-label.tsx";
import { announce } from "../state/announcement.ts";
import { navigate } from "../state/navigation.ts";
import { usePolled } from "../state/polling.ts";
import { type Membership, useHeartbeatTimeout } from "../state/session.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";
import { Badge } from "../ui/badge.tsx";
import { Link } from "../ui/link.tsx";
import { DamagedColumns } from "../ui/list/damaged-columns.tsx";
import { Notice } from "../ui/notice.tsx";
import { PageHead } from "../ui/page-head.tsx";
import { DeleteExecutorDialog } from "./delete-executor-dialog.tsx";
import { ExecutorFacts, ExecutorWarnings, KeyHistory } from "./executor-facts.tsx";

const INTERVAL_MS = 2000;

/** One executor: where it is, which key it is on and was on, and the way to take it offline. */
export function ExecutorPage({ id, membership }: { id: string; membership: Membership }) {
  const { data, failure, reload } = usePolled(`executor ${id}`, INTERVAL_MS, (signal) =>
    askExecutor(id, signal),
  );
  const [asked, setAsked] = useState<"revoke" | "delete">();
  const executor = data ?? undefined;
  return (
    <>
      <p class="up">
        <Link to="/executors">Executors</Link>
      </p>
      <PageHead title={executor?.name ?? "Executor"}>
        {membership.canManage && executor !== undefined && executor.key !== null ? (
          <button type="button" class="danger" onClick={() => setAsked("revoke")}>
            Revoke executor access
          </button>
        ) : null}
        {membership.canManage && executor !== undefined ? (
          <button type="button" class="danger" onClick={() => setAsked("delete")}>
            Delete executor
          </button>
        ) : null}
      </PageHead>
      {data === undefined && failure !== undefined ? <Notice kind="error">{failure}</Notice> : null}
      {data === null ? (
        <p class="empty">There is no such executor in {membership.organization.name}.</p>
      ) : null}
      {executor === undefined ? null : <ExecutorView executor={executor} />}
      {asked === "revoke" && executor !== undefined ? (
        <RevokeAccessDialog
          executor={executor}
          onDismiss={() => setAsked(undefined)}
          onDone={() => {
            setAsked(undefined);
            reload();
          }}
        />
      ) : null}
      {asked === "delete" && executor !== undefined ? (
        <DeleteExecutorDialog
          executor={executor}
          onDismiss={() => setAsked(undefined)}
          onDone={() => navigate("/executors")}
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
  const timeout = useHeartbeatTimeout();
  return (
    <ActionDialog
      title={`Revoke the access of ${name}?`}
      verb="Revoke access"
      kind="danger"
      act={(signal) => revokeExecutorAccess(id, signal)}
      onDismiss={onDismiss}
      onDone={() => {
        announce(`The key of ${name} is revoked`);
        onDone();
      }}
    >
      {key === null ? null : <KeyLabel apiKey={key} />}
      <p>
        The key that {name} is on is revoked. Its next sync is refused, and it goes offline within {timeout},
        until it is given another key; so does every other executor on this key. Its nodes keep running.
      </p>
      <p>This cannot be undone.</p>
    </ActionDialog>
  );
}
