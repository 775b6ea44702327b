import { useState } from "preact/hooks";
import type { Role } from "../../protocol/roles.ts";
import { inviteMember } from "../api/auth-operation.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";
import { CopyBlock } from "../ui/copy-block.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { invitationLink } from "./invitation-list.tsx";
import { RoleField } from "./role-field.tsx";

/** Invites somebody by a link, which goes to them by whatever way the two trust. */
export function InviteDialog({ onDismiss }: { onDismiss: () => void }) {
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("member");
  const [link, setLink] = useState<string>();
  if (link !== undefined) {
    return <LinkDialog email={email} link={link} onDismiss={onDismiss} />;
  }
  return (
    <ActionDialog
      title="Invite somebody"
      verb="Make a link"
      act={(signal) => inviteMember(email.trim(), role, signal)}
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
      <RoleField role={role} own="admin" onChange={setRole} />
    </ActionDialog>
  );
}

function LinkDialog({ email, link, onDismiss }: { email: string; link: string; onDismiss: () => void }) {
  return (
    <Dialog title="Invitation link" onDismiss={onDismiss}>
      <div class="dialog-body">
        <p>Send this link to {email}. It is valid for that address only, and once.</p>
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
