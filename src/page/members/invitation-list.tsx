import { useState } from "preact/hooks";
import { cancelInvitation } from "../api/auth-operation.ts";
import type { PendingInvitation } from "../api/members.ts";
import { announce } from "../state/announcement.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";
import { CopyBlock } from "../ui/copy-block.tsx";
import { Moment } from "../ui/moment.tsx";

/** Where an invitation is accepted. */
export function invitationLink(id: string): string {
  return `${window.location.origin}/invitation/${encodeURIComponent(id)}`;
}

interface InvitationListProps {
  readonly invitations: readonly PendingInvitation[];
  readonly onChanged: () => void;
}

/** Who has a link and has not come yet. */
export function InvitationList({ invitations, onChanged }: InvitationListProps) {
  const [cancelled, setCancelled] = useState<PendingInvitation>();
  return (
    <section>
      <h2>Invited</h2>
      <ul class="invitations">
        {invitations.map((invitation) => (
          <li key={invitation.id} class="panel">
            <p>
              <strong>{invitation.email}</strong> as {invitation.role}, expires{" "}
              <Moment at={invitation.expiresAt} tense="future" />
            </p>
            <CopyBlock what={`the link for ${invitation.email}`} text={invitationLink(invitation.id)} />
            <button type="button" onClick={() => setCancelled(invitation)}>
              Cancel this invitation
            </button>
          </li>
        ))}
      </ul>
      {cancelled === undefined ? null : (
        <ActionDialog
          title={`Cancel the invitation of ${cancelled.email}?`}
          verb="Cancel invitation"
          kind="danger"
          act={(signal) => cancelInvitation(cancelled.id, signal)}
          onDismiss={() => setCancelled(undefined)}
          onDone={() => {
            announce(`The invitation of ${cancelled.email} is cancelled`);
            setCancelled(undefined);
            onChanged();
          }}
        >
          <p>The link stops working.</p>
        </ActionDialog>
      )}
    </section>
  );
}
