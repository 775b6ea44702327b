import { useState } from "preact/hooks";
import type { Role } from "../../protocol/roles.ts";
import { inviteMember } from "../api/invitations.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";
import { CopyBlock } from "../ui/copy-block.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { invitationLink } from "./invitation-list.tsx";
import { RoleField } from "./role-field.tsx";

/**
 * Creates an invitation link, which the person sends by a channel that both sides trust. `own` is
 * the role of the person who invites.
 */
export function InviteDialog({ own, onDismiss }: { own: Role; onDismiss: () => void }) {
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("member");
  const [link, setLink] = useState<string>();
  if (link !== undefined) {
    return <LinkDialog email={email} link={link} onDismiss={onDismiss} />;
  }
  return (
    <ActionDialog
      title="Invite a person"
      verb="Create link"
      operation={() => inviteMember(email.trim(), role)}
      onDismiss={onDismiss}
      onDone={({ id }) => setLink(invitationLink(id))}
    >
      <label class="field">
        E-mail
        <input
          type="email"
          required
          autocomplete="off"
          value={email}
          onInput={(event) => setEmail(event.currentTarget.value)}
        />
      </label>
      <RoleField role={role} own={own} onChange={setRole} />
    </ActionDialog>
  );
}

function LinkDialog({ email, link, onDismiss }: { email: string; link: string; onDismiss: () => void }) {
  return (
    <Dialog title="Invitation link" onDismiss={onDismiss}>
      <div class="dialog-body">
        <p>Send this link to {email}; no e-mail is sent for you. It works once, for this address only.</p>
        <CopyBlock what="the link" text={link} />
      </div>
      <div class="dialog-buttons">
        <button type="button" class="primary" onClick={onDismiss}>
          Done
        </button>
      </div>
    </Dialog>
  );
}
