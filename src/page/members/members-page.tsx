import { useState } from "preact/hooks";
import { askMembers, askPeople } from "../api/members.ts";
import { usePolled } from "../state/polling.ts";
import type { Membership } from "../state/session.ts";
import { Notice } from "../ui/notice.tsx";
import { PageHead } from "../ui/page-head.tsx";
import { InvitationList } from "./invitation-list.tsx";
import { InviteDialog } from "./invite-dialog.tsx";
import { MemberTable } from "./member-table.tsx";

const INTERVAL_MS = 5000;

/** The organization's members with their roles, and the pending invitations. */
export function MembersPage({ membership }: { membership: Membership }) {
  const { data, failure, reload } = usePolled(
    "people",
    INTERVAL_MS,
    membership.canManage ? askPeople() : askMembers(),
  );
  const [isInviting, setInviting] = useState(false);
  const pending = data?.invitations ?? [];
  return (
    <>
      <PageHead title="Members">
        {membership.canManage ? (
          <button type="button" class="primary" onClick={() => setInviting(true)}>
            Invite
          </button>
        ) : null}
      </PageHead>
      {data === undefined && failure !== undefined ? <Notice kind="error">{failure}</Notice> : null}
      {data === undefined ? null : (
        <MemberTable members={data.members} membership={membership} onChanged={reload} />
      )}
      {pending.length > 0 ? <InvitationList invitations={pending} onChanged={reload} /> : null}
      {isInviting ? (
        <InviteDialog
          own={membership.role}
          onDismiss={() => {
            setInviting(false);
            reload();
          }}
        />
      ) : null}
    </>
  );
}
