import type { KeyDetails, KeyUse } from "../../api/keys/key-details.ts";
import type { BoundExecutor } from "../../api/keys/key-reach.ts";
import { Badge } from "../../ui/badge.tsx";
import { Link } from "../../ui/link.tsx";
import { TableHead } from "../../ui/list/table-head.tsx";
import { ExactTime, Moment } from "../../ui/time.tsx";

interface UsersProps {
  readonly apiKey: KeyDetails;
  /** Those that are bound to it, with their status. */
  readonly executors: readonly BoundExecutor[];
}

/** The executors that are on the key now, and those that were before. */
export function KeyUsers({ apiKey, executors }: UsersProps) {
  const { usedNow, usedNowCount, usedBefore, usedBeforeCount } = apiKey;
  const statuses = new Map(executors.map(({ id, status }) => [id, status]));
  return (
    <>
      <section>
        <h2>On it now</h2>
        {usedNow.length === 0 ? (
          <p class="muted">No executor.</p>
        ) : (
          <UseTable uses={usedNow} caption="Executors on this key now" statuses={statuses} />
        )}
        <More count={usedNowCount - usedNow.length} />
      </section>
      {usedBefore.length === 0 ? null : (
        <section>
          <h2>On it before</h2>
          <UseTable uses={usedBefore} caption="Executors that were on this key before" statuses={undefined} />
          <More count={usedBeforeCount - usedBefore.length} />
        </section>
      )}
    </>
  );
}

function More({ count }: { count: number }) {
  return count > 0 ? <p class="more muted">and {count} more</p> : null;
}

interface UseTableProps {
  readonly uses: readonly KeyUse[];
  readonly caption: string;
  /** By the executor's id; undefined: they are on other keys, so it says nothing of this one. */
  readonly statuses: ReadonlyMap<string, BoundExecutor["status"]> | undefined;
}

function UseTable({ uses, caption, statuses }: UseTableProps) {
  const status = statuses === undefined ? [] : ["Status"];
  return (
    <table class="list uses">
      <caption class="visually-hidden">{caption}</caption>
      <TableHead columns={["Executor", ...status, "First used", "Last used", "From"]} />
      <tbody>
        {uses.map(({ executor, firstUsedAt, lastUsedAt, address }) => (
          <tr key={executor.id}>
            <td data-label="Executor">
              <UserName executor={executor} />
            </td>
            {statuses === undefined ? null : (
              <td data-label="Status">
                <Badge status={statuses.get(executor.id) ?? "offline"} />
              </td>
            )}
            <td data-label="First used">
              <ExactTime at={firstUsedAt} />
            </td>
            <td data-label="Last used">
              <Moment at={lastUsedAt} />
            </td>
            <td data-label="From">{address ?? "unknown"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function UserName({ executor: { id, name, isDeleted } }: { executor: KeyUse["executor"] }) {
  if (isDeleted) {
    return (
      <>
        <span class="name">{name}</span>
        <span class="under">deleted</span>
      </>
    );
  }
  return (
    <Link to={`/executors/${encodeURIComponent(id)}`} class="name">
      {name}
    </Link>
  );
}
