import { useState } from "preact/hooks";
import { InvitationList } from "../parts/invitation-list.tsx";
import { InviteDialog } from "../parts/invite-dialog.tsx";
import { MemberTable } from "../parts/member-table.tsx";
import { Notice } from "../parts/notice.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { usePolled } from "../poll.ts";
import { askMembers, askPeople } from "../server/members.ts";
import type { Membership } from "../session.ts";

const INTERVAL_MS = 5000;

/** Who belongs to the organization, as what, and who has been invited. */
export function MembersPage({ membership }: { membership: Membership }) {
  const { data, failure, reload } = usePolled(
    "people",
    INTERVAL_MS,
    membership.canManage ? askPeople : askMembers,
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
          onDismiss={() => {
            setInviting(false);
            reload();
          }}
        />
      ) : null}
    </>
  );
}
