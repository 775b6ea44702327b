import { useState } from "preact/hooks";
import { type ApiKey, listApiKeys } from "../api/api-keys.ts";
import { usePlace } from "../state/page-state.ts";
import { usePolled } from "../state/polling.ts";
import type { Membership } from "../state/session.ts";
import { Link } from "../ui/link.tsx";
import { PAGE_SIZE, Pager, pageOf } from "../ui/list/pager.tsx";
import { SearchBox } from "../ui/list/search-box.tsx";
import { Notice } from "../ui/notice.tsx";
import { PageHead } from "../ui/page-head.tsx";
import { FollowUpList } from "./follow-up-list.tsx";
import { KeyTable } from "./key-table.tsx";
import { NewKeyDialog } from "./new-key-dialog.tsx";

const INTERVAL_MS = 3000;

/** The API keys of the organization: create, rotate, revoke and delete them. */
export function ApiKeysPage({ membership }: { membership: Membership }) {
  const { query } = usePlace();
  const [isCreating, setCreating] = useState(false);
  const [search, before] = [query.get("search"), query.get("before")];
  const { data, failure, reload } = usePolled(
    `keys ${before} ${search}`,
    INTERVAL_MS,
    listApiKeys({ limit: PAGE_SIZE + 1, before, search }),
  );
  const { canManage, organization } = membership;
  const close = () => {
    setCreating(false);
    reload();
  };
  return (
    <>
      <PageHead title="API keys">
        {canManage ? (
          <button type="button" class="primary" onClick={() => setCreating(true)}>
            New key
          </button>
        ) : null}
      </PageHead>
      <FollowUpList organizationId={organization.id} />
      <SearchBox label="Find a key by name, ID or fingerprint" />
      {data === undefined && failure !== undefined ? <Notice kind="error">{failure}</Notice> : null}
      {data === undefined ? null : (
        <KeyList
          keys={data}
          membership={membership}
          isFiltered={search !== null || before !== null}
          onChanged={reload}
        />
      )}
      {isCreating ? <NewKeyDialog organizationId={organization.id} onClose={close} /> : null}
    </>
  );
}

interface KeyListProps {
  readonly keys: readonly ApiKey[];
  readonly membership: Membership;
  readonly isFiltered: boolean;
  readonly onChanged: () => void;
}

function KeyList({ keys, membership, isFiltered, onChanged }: KeyListProps) {
  const { shown, hasOlder } = pageOf(keys);
  if (shown.length === 0) {
    return isFiltered ? <p class="empty">No key matches your search.</p> : <NoKeys membership={membership} />;
  }
  return (
    <>
      <KeyTable keys={shown} membership={membership} onChanged={onChanged} />
      <Pager lastId={shown.at(-1)?.id} hasOlder={hasOlder} />
    </>
  );
}

function NoKeys({ membership: { canManage, organization } }: { membership: Membership }) {
  return (
    <div class="empty">
      <h2>No API keys yet</h2>
      <p>An executor identifies itself with an API key. Give each executor its own.</p>
      {canManage ? (
        <p>
          Select <strong>New key</strong>, or <Link to="/connect">connect an executor</Link>, which also
          creates its key.
        </p>
      ) : (
        <p>An owner or admin of {organization.name} can create one.</p>
      )}
    </div>
  );
}
