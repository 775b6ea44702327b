import type { KeyReference } from "../api/decode.ts";
import { type ListedExecutor, listExecutors } from "../api/executors.ts";
import { Fingerprint } from "../keys/key-label.tsx";
import { usePlace } from "../state/page-state.ts";
import { usePolled } from "../state/polling.ts";
import type { Membership } from "../state/session.ts";
import { Badge, DamagedColumns } from "../ui/badge.tsx";
import { Link } from "../ui/link.tsx";
import { PAGE_SIZE, Pager, pageOf } from "../ui/list/pager.tsx";
import { SearchBox } from "../ui/list/search-box.tsx";
import { TableHead } from "../ui/list/table-head.tsx";
import { Notice } from "../ui/notice.tsx";
import { PageHead } from "../ui/page-head.tsx";
import { LastSync } from "./last-sync.tsx";

const INTERVAL_MS = 3000;

/** The executors of the organization, newest first. */
export function ExecutorsPage({ membership }: { membership: Membership }) {
  const { query } = usePlace();
  const search = query.get("search");
  const before = query.get("before");
  const { data, failure } = usePolled(
    `executors ${before} ${search}`,
    INTERVAL_MS,
    listExecutors({ limit: PAGE_SIZE + 1, before, search }),
  );
  return (
    <>
      <PageHead title="Executors">
        {membership.canManage ? (
          <Link to="/connect" class="button primary">
            Connect an executor
          </Link>
        ) : null}
      </PageHead>
      <SearchBox label="Find an executor by name or ID" />
      {data === undefined && failure !== undefined ? <Notice kind="error">{failure}</Notice> : null}
      {data === undefined ? null : (
        <ExecutorList
          executors={data}
          canManage={membership.canManage}
          isFiltered={search !== null || before !== null}
        />
      )}
    </>
  );
}

interface ExecutorListProps {
  readonly executors: readonly ListedExecutor[];
  readonly canManage: boolean;
  readonly isFiltered: boolean;
}

function ExecutorList({ executors, canManage, isFiltered }: ExecutorListProps) {
  const { shown, hasOlder } = pageOf(executors);
  if (shown.length === 0 && isFiltered) {
    return <p class="empty">No executor matches your search.</p>;
  }
  if (shown.length === 0) {
    return <NoExecutors canManage={canManage} />;
  }
  return (
    <>
      <table class="list">
        <caption class="visually-hidden">Executors, newest first</caption>
        <TableHead columns={["Name", "Status", "Version", "Host", "Key", "Last sync"]} />
        <tbody>
          {shown.map((executor) => (
            <ExecutorRow key={executor.id} executor={executor} />
          ))}
        </tbody>
      </table>
      <Pager lastId={shown.at(-1)?.id} hasOlder={hasOlder} />
    </>
  );
}

function ExecutorRow({ executor }: { executor: ListedExecutor }) {
  const {
    id,
    name,
    status,
    version,
    channel,
    hostName,
    publicHost,
    key,
    lastSyncAt,
    stoppedAt,
    instances,
    damaged,
  } = executor;
  return (
    <tr>
      <td data-label="Name">
        <div class="label-with-id">
          <Link to={`/executors/${encodeURIComponent(id)}`} class="name">
            {name}
          </Link>
          <span class="ids">
            <code>{id}</code>
          </span>
        </div>
      </td>
      <td data-label="Status">
        <Badge status={status} />
        <DamagedColumns columns={damaged} />
        {instances.length > 1 ? (
          <span class="under warning">{instances.length} processes use this name</span>
        ) : null}
      </td>
      <td data-label="Version">
        {version} <span class="under">{channel}</span>
      </td>
      <td data-label="Host" class="foreign">
        {hostName}
        {publicHost === null ? null : <span class="under">{publicHost}</span>}
      </td>
      <td data-label="Key">{key === null ? <span class="muted">none</span> : <KeyLine apiKey={key} />}</td>
      <td data-label="Last sync">
        <LastSync at={lastSyncAt} stoppedAt={stoppedAt} />
      </td>
    </tr>
  );
}

/** Without the id, which the executor's own page shows. */
function KeyLine({ apiKey: { name, fingerprint } }: { apiKey: KeyReference }) {
  return (
    <div class="label-with-id">
      <span class="name">{name}</span>
      <span class="ids">
        <Fingerprint text={fingerprint} />
      </span>
    </div>
  );
}

function NoExecutors({ canManage }: { canManage: boolean }) {
  return (
    <div class="empty">
      <h2>No executors yet</h2>
      <p>An executor appears here with its first sync.</p>
      {canManage ? (
        <p>
          <Link to="/connect">Connect an executor</Link>: create its key, then follow the steps on the server.
        </p>
      ) : null}
    </div>
  );
}
