import { askHealth, type Health } from "../api/lists/health.ts";
import { DevGuide } from "../executors/dev-guide.tsx";
import { NoExecutors } from "../executors/no-executors.tsx";
import { usePolled } from "../state/polling.ts";
import type { Membership } from "../state/session.ts";
import { PageHead } from "../ui/page-head.tsx";
import { Pending } from "../ui/pending.tsx";
import { Counts } from "./counts.tsx";
import { ExecutorProblemList } from "./executor-problem-list.tsx";
import { KeyProblemList } from "./key-problem-list.tsx";
import { executorProblems, keyProblems } from "./problems.ts";

const INTERVAL_MS = 5000;

/** What is wrong now: counts that lead to lists, then each problem with what to do about it. */
export function OverviewPage({ membership }: { membership: Membership }) {
  const { data: health, failure } = usePolled("health", INTERVAL_MS, askHealth());
  return (
    <>
      <PageHead title="Overview" />
      <DevGuide membership={membership} />
      {health === undefined || health === null ? (
        <Pending failure={failure} />
      ) : (
        <HealthView health={health} canManage={membership.canManage} />
      )}
    </>
  );
}

function HealthView({ health, canManage }: { health: Health; canManage: boolean }) {
  if (health.executors.total === 0 && health.apiKeys.total === 0) {
    return (
      <NoExecutors
        text="This page will say what is wrong with your executors and their keys."
        canManage={canManage}
      />
    );
  }
  const [ofExecutors, ofKeys] = [executorProblems(health), keyProblems(health)];
  return (
    <>
      <Counts health={health} />
      {ofExecutors.length > 0 ? <ExecutorProblemList problems={ofExecutors} /> : null}
      {ofKeys.length > 0 ? <KeyProblemList problems={ofKeys} /> : null}
      {ofExecutors.length + ofKeys.length === 0 ? <AllWell health={health} /> : null}
    </>
  );
}

function AllWell({ health: { executors } }: { health: Health }) {
  return (
    <div class="empty all-well">
      <h2>All is well</h2>
      <p>
        {executors.online === executors.total
          ? `Every executor is online (${executors.total}).`
          : `No executor needs attention; ${executors.offline} of ${executors.total} are stopped.`}{" "}
        No key needs attention.
      </p>
    </div>
  );
}
