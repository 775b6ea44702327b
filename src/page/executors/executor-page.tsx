import { askExecutor, type Executor } from "../api/executors.ts";
import { FollowUpList } from "../keys/follow-up-list.tsx";
import { usePolled } from "../state/polling.ts";
import type { Membership } from "../state/session.ts";
import { DamagedColumns } from "../ui/badge.tsx";
import { Link } from "../ui/link.tsx";
import { PageHead } from "../ui/page-head.tsx";
import { Pending } from "../ui/pending.tsx";
import { ExecutorActions } from "./executor-actions.tsx";
import { ExecutorFacts, KeyHistory } from "./executor-facts.tsx";
import { ExecutorWarnings } from "./executor-warnings.tsx";
import { ExecutorBadge } from "./offline-words.tsx";
import { ExecutorTimeline } from "./timeline/timeline.tsx";

const INTERVAL_MS = 2000;

/** One executor: its status and why, its keys, what became of it, and what can be done. */
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
          <ExecutorActions
            executor={executor}
            organizationId={membership.organization.id}
            onChanged={reload}
          />
        ) : null}
      </PageHead>
      {data === undefined ? <Pending failure={failure} /> : null}
      {data === null ? (
        <div class="empty">
          <h2>{membership.organization.name} has no executor with this ID</h2>
          <p>
            If it was deleted, <Link to={`/audit?target=${encodeURIComponent(id)}`}>the audit log</Link> still
            has its records.
          </p>
        </div>
      ) : null}
      <FollowUpList organizationId={membership.organization.id} about={id} />
      {executor === undefined ? null : <ExecutorView executor={executor} />}
    </>
  );
}

function ExecutorView({ executor }: { executor: Executor }) {
  return (
    <>
      <p class="status-line">
        <ExecutorBadge executor={executor} /> <code>{executor.id}</code>
        <DamagedColumns columns={executor.damaged} />
      </p>
      <ExecutorWarnings executor={executor} />
      <ExecutorFacts executor={executor} />
      <ExecutorTimeline executor={executor} />
      <KeyHistory executor={executor} />
    </>
  );
}
