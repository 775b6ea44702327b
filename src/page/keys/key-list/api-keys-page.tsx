import { useState } from "preact/hooks";
import { askKeyList, type ListedKey } from "../../api/lists/key-list.ts";
import { AskManagers } from "../../members/ask-managers.tsx";
import { usePlace } from "../../state/page-state.ts";
import { usePolledList } from "../../state/polled-list.ts";
import type { Membership } from "../../state/session.ts";
import { Link } from "../../ui/link.tsx";
import { isFiltered, type ListOrder, orderOf, pageOf, requestOf } from "../../ui/list/list-query.ts";
import { ListCount, NothingFound } from "../../ui/list/list-state.tsx";
import { Pager } from "../../ui/list/pager.tsx";
import { SearchBox } from "../../ui/list/search-box.tsx";
import { PageHead } from "../../ui/page-head.tsx";
import { Pending } from "../../ui/pending.tsx";
import { useRestoredFocus } from "../../ui/restore-focus.ts";
import { FollowUpList } from "../follow-up-list.tsx";
import { NewKeyDialog } from "../new-key-dialog.tsx";
import { KEY_FILTERS, KEY_SORTS, KeyFilters, keyFilter } from "./key-filters.tsx";
import { KeyTable } from "./key-table.tsx";

const INTERVAL_MS = 3000;

/** The API keys of the organization: create, rotate, revoke and delete them. */
export function ApiKeysPage({ membership }: { membership: Membership }) {
  const { query } = usePlace();
  const [isCreating, setCreating] = useState(false);
  const order = orderOf(query, KEY_SORTS);
  const { data, failure, reload, ...list } = usePolledList(
    "keys",
    INTERVAL_MS,
    askKeyList(requestOf(query, KEY_SORTS, keyFilter(query, Date.now()))),
    ({ entries }) => entries.length === 0,
  );
  const restoreFocus = useRestoredFocus();
  const { canManage, organization } = membership;
  const create = () => setCreating(true);
  const close = () => {
    setCreating(false);
    reload();
  };
  return (
    <div onFocusIn={restoreFocus}>
      <PageHead title="API keys">
        {canManage ? (
          <button type="button" class="primary" onClick={create}>
            New key
          </button>
        ) : null}
      </PageHead>
      <FollowUpList organizationId={organization.id} />
      <div class="list-tools">
        <SearchBox label="Find a key by name, ID or fingerprint" placeholder="Name, ID or fingerprint" />
        <KeyFilters order={order} />
      </div>
      <ListCount count={data?.count} noun="key" />
      {data === undefined ? (
        <Pending failure={failure} />
      ) : (
        <KeyList
          keys={data.entries}
          query={list.query}
          order={order}
          membership={membership}
          onChanged={reload}
        />
      )}
      {isCreating ? <NewKeyDialog organizationId={organization.id} onClose={close} /> : null}
    </div>
  );
}

interface KeyListProps {
  readonly keys: readonly ListedKey[];
  readonly query: URLSearchParams;
  readonly order: ListOrder;
  readonly membership: Membership;
  readonly onChanged: () => void;
}

function KeyList({ keys, query, order, membership, onChanged }: KeyListProps) {
  const page = pageOf(keys, query);
  if (page.shown.length === 0) {
    return isFiltered(query, [...KEY_FILTERS, "before", "after"]) ? (
      <NothingFound noun="key" filters={KEY_FILTERS} />
    ) : (
      <NoKeys membership={membership} />
    );
  }
  return (
    <>
      <KeyTable keys={page.shown} order={order} membership={membership} onChanged={onChanged} />
      <Pager page={page} />
    </>
  );
}

function NoKeys({ membership: { canManage } }: { membership: Membership }) {
  return (
    <div class="empty">
      <h2>No API keys yet</h2>
      <p>
        An executor identifies itself with an API key. Give each executor its own: connecting it also creates
        its key.
      </p>
      {canManage ? (
        <p>
          <Link to="/connect" class="button primary">
            Connect an executor
          </Link>
        </p>
      ) : (
        <AskManagers deed="create one" />
      )}
    </div>
  );
}
