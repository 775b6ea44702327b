import { useState } from "preact/hooks";
import { changePassword } from "../api/auth-operation.ts";
import { announce } from "../state/announcement.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";
import { PasswordField } from "./password-field.tsx";

/** Changes the viewer's password; their other sessions end. */
export function PasswordDialog({ onDismiss }: { onDismiss: () => void }) {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  return (
    <ActionDialog
      title="Change password"
      verb="Change password"
      act={(signal) => changePassword(current, next, signal)}
      onDismiss={onDismiss}
      onDone={() => {
        announce("Your password is changed; your other sessions have ended");
        onDismiss();
      }}
    >
      <label class="field">
        Present password
        <input
          type="password"
          required
          autocomplete="current-password"
          value={current}
          onInput={(event) => setCurrent(event.currentTarget.value)}
        />
      </label>
      <PasswordField label="New password" password={next} onChange={setNext} />
      <p class="muted">Your sessions in other browsers end.</p>
    </ActionDialog>
  );
}
