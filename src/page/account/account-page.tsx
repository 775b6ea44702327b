import { useState } from "preact/hooks";
import { rename } from "../api/own-account.ts";
import type { Viewer } from "../api/session.ts";
import { useAnnounce, usePageState } from "../state/page-state.ts";
import { membershipOf } from "../state/session.ts";
import { useSubmit, useUnmountSignal } from "../state/submission.ts";
import { Notice } from "../ui/notice.tsx";
import { PageHead } from "../ui/page-head.tsx";
import { LeaveOrganization } from "./leave-organization.tsx";
import { PasswordDialog } from "./password-dialog.tsx";
import { SessionList } from "./session-list.tsx";

/** The viewer's own name, password, sign-ins and place in the organization. */
export function AccountPage({ viewer }: { viewer: Viewer }) {
  const membership = membershipOf(viewer);
  const [isChanging, setChanging] = useState(false);
  return (
    <>
      <PageHead title="Your account" />
      <div class="settings">
        <Profile viewer={viewer} />
        <Password onChange={() => setChanging(true)} />
        <SessionList />
        {membership === undefined ? null : <LeaveOrganization membership={membership} />}
      </div>
      {/* At the end: axe-core does not know that a dialog lies above all that follows it. */}
      {isChanging ? <PasswordDialog onDismiss={() => setChanging(false)} /> : null}
    </>
  );
}

function Profile({ viewer: { user } }: { viewer: Viewer }) {
  const { session } = usePageState();
  const announce = useAnnounce();
  const signal = useUnmountSignal();
  const [name, setName] = useState(user.name);
  const submission = useSubmit(
    () => rename(name.trim()),
    () => {
      announce("Your name is saved.");
      void session.look(signal);
    },
  );
  const isSame = name.trim() === user.name;
  return (
    <section>
      <h2>Profile</h2>
      <form class="panel" onSubmit={submission.submit}>
        <label class="field">
          Name
          <input
            type="text"
            required
            maxLength={100}
            autocomplete="name"
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
          <small>Members see it, and the audit log names you by it.</small>
        </label>
        <p>
          <span class="muted">E-mail</span> {user.email}
        </p>
        {submission.failure === undefined ? null : <Notice kind="error">{submission.failure}</Notice>}
        <button type="submit" disabled={isSame} aria-disabled={submission.isBusy ? true : undefined}>
          Save name
        </button>
      </form>
    </section>
  );
}

function Password({ onChange }: { onChange: () => void }) {
  return (
    <section>
      <h2>Password</h2>
      <div class="panel">
        <p>A change signs you out everywhere else.</p>
        <button type="button" onClick={onChange}>
          Change password
        </button>
      </div>
    </section>
  );
}
