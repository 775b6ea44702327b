import { useState } from "preact/hooks";
import { cancelInvitation } from "../api/invitations.ts";
import type { PendingInvitation } from "../api/members.ts";
import { useAnnounce } from "../state/page-state.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";
import { CopyBlock } from "../ui/copy-block.tsx";
import { Moment } from "../ui/time.tsx";

/** The address at which an invitation is accepted. */
export function invitationLink(id: string): string {
  return `${window.location.origin}/invitation/${encodeURIComponent(id)}`;
}

interface InvitationListProps {
  readonly invitations: readonly PendingInvitation[];
  readonly onChanged: () => void;
}

/** The invitations that nobody has accepted yet. */
export function InvitationList({ invitations, onChanged }: InvitationListProps) {
  const announce = useAnnounce();
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
          title={`Cancel the invitation for ${cancelled.email}?`}
          verb="Cancel invitation"
          kind="danger"
          keep="Keep it"
          operation={() => cancelInvitation(cancelled.id)}
          onDismiss={() => setCancelled(undefined)}
          onDone={() => {
            announce(`The invitation for ${cancelled.email} is cancelled.`);
            setCancelled(undefined);
            onChanged();
          }}
        >
          <p>The link stops working. You can invite this address again.</p>
        </ActionDialog>
      )}
    </section>
  );
}
