import { useState } from "preact/hooks";
import { changePassword } from "../api/session.ts";
import { useAnnounce } from "../state/page-state.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";
import { PasswordField } from "./password-field.tsx";

/** Changes the viewer's password, which ends their other sessions. */
export function PasswordDialog({ onDismiss }: { onDismiss: () => void }) {
  const announce = useAnnounce();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  return (
    <ActionDialog
      title="Change password"
      verb="Change password"
      operation={() => changePassword(current, next)}
      onDismiss={onDismiss}
      onDone={() => {
        announce("Password changed. You are signed out everywhere else.");
        onDismiss();
      }}
    >
      <label class="field">
        Current password
        <input
          type="password"
          required
          autocomplete="current-password"
          value={current}
          onInput={(event) => setCurrent(event.currentTarget.value)}
        />
      </label>
      <PasswordField label="New password" password={next} onChange={setNext} />
      <p class="muted">You stay signed in here. Everywhere else you are signed out.</p>
    </ActionDialog>
  );
}
