import type { ListedExecutor } from "../api/executors.ts";
import { askExecutorList } from "../api/lists/executor-list.ts";
import { KeyLink } from "../keys/shown/key-label.tsx";
import { usePlace } from "../state/page-state.ts";
import { usePolledList } from "../state/polled-list.ts";
import type { Membership } from "../state/session.ts";
import { Link } from "../ui/link.tsx";
import { isFiltered, type ListOrder, orderOf, pageOf, requestOf } from "../ui/list/list-query.ts";
import { ListCount, NothingFound } from "../ui/list/list-state.tsx";
import { Pager } from "../ui/list/pager.tsx";
import { SearchBox } from "../ui/list/search-box.tsx";
import { TableHead } from "../ui/list/table-head.tsx";
import { PageHead } from "../ui/page-head.tsx";
import { Pending } from "../ui/pending.tsx";
import { useRestoredFocus } from "../ui/restore-focus.ts";
import { Moment } from "../ui/time.tsx";
import { DevGuide } from "./dev-guide.tsx";
import { EXECUTOR_FILTERS, EXECUTOR_SORTS, ExecutorFilters, executorFilter } from "./executor-filters.tsx";
import { LastSync } from "./last-sync.tsx";
import { NoExecutors } from "./no-executors.tsx";
import { ExecutorStatus } from "./offline-words.tsx";

const INTERVAL_MS = 3000;

/** The executors of the organization: searched, filtered and ordered, as the URL says. */
export function ExecutorsPage({ membership }: { membership: Membership }) {
  const { query } = usePlace();
  const order = orderOf(query, EXECUTOR_SORTS);
  const { data, failure, ...list } = usePolledList(
    "executors",
    INTERVAL_MS,
    askExecutorList(requestOf(query, EXECUTOR_SORTS, executorFilter(query, Date.now()))),
    ({ entries }) => entries.length === 0,
  );
  const restoreFocus = useRestoredFocus();
  return (
    <div onFocusIn={restoreFocus}>
      <PageHead title="Executors">
        {membership.canManage ? (
          <Link to="/connect" class="button primary">
            Connect an executor
          </Link>
        ) : null}
      </PageHead>
      <DevGuide membership={membership} />
      <div class="list-tools">
        <SearchBox label="Find an executor by name or ID" placeholder="Name or ID" />
        <ExecutorFilters order={order} />
      </div>
      <ListCount count={data?.count} noun="executor" />
      {data === undefined ? (
        <Pending failure={failure} />
      ) : (
        <ExecutorList
          executors={data.entries}
          query={list.query}
          order={order}
          canManage={membership.canManage}
        />
      )}
    </div>
  );
}

interface ExecutorListProps {
  readonly executors: readonly ListedExecutor[];
  readonly query: URLSearchParams;
  readonly order: ListOrder;
  readonly canManage: boolean;
}

function ExecutorList({ executors, query, order, canManage }: ExecutorListProps) {
  const page = pageOf(executors, query);
  if (page.shown.length === 0) {
    const isAsked = isFiltered(query, [...EXECUTOR_FILTERS, "before", "after"]);
    return isAsked ? (
      <NothingFound noun="executor" filters={EXECUTOR_FILTERS} />
    ) : (
      <NoExecutors text="An executor appears here with its first sync." canManage={canManage} />
    );
  }
  const [created, name, seen] = EXECUTOR_SORTS;
  return (
    <>
      <table class="list">
        <caption class="visually-hidden">Executors</caption>
        <TableHead columns={[name, "Status", "Version", "Host", "Key", seen, created]} order={order} />
        <tbody>
          {page.shown.map((executor) => (
            <ExecutorRow key={executor.id} executor={executor} />
          ))}
        </tbody>
      </table>
      <Pager page={page} />
    </>
  );
}

function ExecutorRow({ executor }: { executor: ListedExecutor }) {
  const { id, name, version, channel, hostName, publicHost, key, lastSyncAt, stoppedAt, createdAt } =
    executor;
  return (
    <tr>
      <td data-label="Name">
        <Link to={`/executors/${encodeURIComponent(id)}`} class="name">
          {name}
        </Link>
      </td>
      <td data-label="Status">
        <ExecutorStatus executor={executor} />
      </td>
      <td data-label="Version">
        {version} <span class="muted">{channel}</span>
      </td>
      <td data-label="Host" class="foreign">
        {hostName}
        {publicHost === null ? null : <span class="under">{publicHost}</span>}
      </td>
      <td data-label="Key">{key === null ? <span class="muted">none</span> : <KeyLink apiKey={key} />}</td>
      <td data-label="Last sync">
        <LastSync at={lastSyncAt} stoppedAt={stoppedAt} />
      </td>
      <td data-label="First connected" class="minor">
        <Moment at={createdAt} />
      </td>
    </tr>
  );
}
