import { useEffect } from "preact/hooks";
import { instanceWords } from "../../protocol/instance-place.ts";
import type { ListedExecutor } from "../api/executors.ts";
import { askExecutorProblems, type ExecutorProblem } from "../api/lists/problems.ts";
import { OfflineWords, RefusalWords } from "../executors/offline-words.tsx";
import { usePolled } from "../state/polling.ts";
import { Link } from "../ui/link.tsx";
import { Pending } from "../ui/pending.tsx";
import { ProblemGroups, type ProblemKind, ProblemLine } from "./problem-group.tsx";
import type { Problem } from "./problems.ts";

const INTERVAL_MS = 5000;

/** A page with the command, and with the button for those who may create keys. */
const GIVE = { action: "Give it a key", look: "See what to do" };

const KINDS: Readonly<Record<ExecutorProblem, ProblemKind>> = {
  refused: { title: "Refused, and still asking", tone: "bad", status: "knocking", ...GIVE },
  duplicate: { title: "Run several times", tone: "warn", status: "duplicate", action: "Compare them" },
  key_revoked: { title: "Offline: key revoked", tone: "bad", status: "key_revoked", ...GIVE },
  key_expired: { title: "Offline: key expired", tone: "bad", status: "key_expired", ...GIVE },
  key_deleted: { title: "Offline: key deleted", tone: "bad", status: "key_deleted", ...GIVE },
  refused_offline: { title: "Offline: refused", tone: "bad", status: "refused", action: "See why" },
  silent: { title: "Offline: silent", tone: "bad", status: "silent", action: "See what to do" },
  stopped: { title: "Stopped", tone: "warn", status: "stopped", action: "Start it" },
};

export function ExecutorProblemList({ problems }: { problems: readonly Problem<ExecutorProblem>[] }) {
  const kinds = problems.map(({ kind }) => kind);
  const { data, failure, reload } = usePolled("executor problems", INTERVAL_MS, askExecutorProblems(kinds));
  useEffect(reload, [kinds.join()]);
  if (data === undefined) {
    return <Pending failure={failure} />;
  }
  return (
    <ProblemGroups
      problems={problems}
      kinds={KINDS}
      list="/executors"
      entries={data}
      line={(executor, kind, action) => (
        <ExecutorLine key={executor.id} executor={executor} kind={kind} action={action} />
      )}
    />
  );
}

interface ExecutorLineProps {
  readonly executor: ListedExecutor;
  readonly kind: ExecutorProblem;
  readonly action: string;
}

function ExecutorLine({ executor, kind, action }: ExecutorLineProps) {
  const { id, name, offlineReason } = executor;
  const path = `/executors/${encodeURIComponent(id)}`;
  return (
    <ProblemLine
      name={<Link to={path}>{name}</Link>}
      action={
        <Link to={path} class="button">
          {action}
          <span class="visually-hidden">: {name}</span>
        </Link>
      }
    >
      {kind === "duplicate" ? <Places executor={executor} /> : null}
      {kind === "duplicate" || offlineReason === null ? null : (
        <>
          <OfflineWords reason={offlineReason} />
          {offlineReason.refusal === null ? null : (
            <>
              {offlineReason.cause === "refused" ? "; " : ", "}
              <RefusalWords refusal={offlineReason.refusal} />
            </>
          )}
        </>
      )}
    </ProblemLine>
  );
}

function Places({ executor: { instances } }: { executor: ListedExecutor }) {
  return <>{instances.map(instanceWords).join(" and ")}</>;
}
