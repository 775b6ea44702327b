import { useState } from "preact/hooks";
import {
  acceptInvitation,
  acceptWithNewAccount,
  askInvitation,
  type Invitation,
} from "../api/invitations.ts";
import { signOut, type Viewer } from "../api/session.ts";
import { usePageState } from "../state/page-state.ts";
import { usePolled } from "../state/polling.ts";
import { useStore } from "../state/store.ts";
import { useSubmit } from "../state/submission.ts";
import { SubmitButton } from "../ui/form.tsx";
import { Notice } from "../ui/notice.tsx";
import { Brand, PageHead } from "../ui/page-head.tsx";
import { exactly } from "../ui/time.tsx";
import { PasswordField } from "./password-field.tsx";
import { SignInForm } from "./sign-in-page.tsx";

const INTERVAL_MS = 30_000;

/** The page behind an invitation's link: its holder joins with their account, or with a new one. */
export function InvitationPage({ id, viewer }: { id: string; viewer: Viewer | undefined }) {
  const connection = useStore(usePageState().session.connection);
  const { data, failure } = usePolled(`invitation ${id}`, INTERVAL_MS, askInvitation(id));
  return (
    <main class="alone">
      <Brand />
      <PageHead title="Invitation" />
      {data === undefined && connection.kind === "lost" ? (
        <Notice kind="warning">{connection.sentence}</Notice>
      ) : null}
      {data === undefined && failure !== undefined ? <Notice kind="error">{failure}</Notice> : null}
      {data === null ? (
        <p>
          This invitation is not valid: it was used or cancelled, or it has expired. Ask the person who
          invited you for a new one.
        </p>
      ) : null}
      {data === undefined || data === null ? null : <Invited invitation={data} viewer={viewer} />}
    </main>
  );
}

function Invited({ invitation, viewer }: { invitation: Invitation; viewer: Viewer | undefined }) {
  const { organization, email, role, inviter, expiresAt, hasAccount } = invitation;
  const isViewer = viewer?.user.email.toLowerCase() === email.toLowerCase();
  return (
    <>
      <p>
        {inviter.name} ({inviter.email}) invites {email} to join <strong>{organization.name}</strong> with the
        role {role}. The invitation is valid until {exactly(expiresAt)}.
      </p>
      {viewer === undefined && hasAccount ? <SignInForm email={email} /> : null}
      {viewer === undefined && !hasAccount ? <NewAccountForm invitation={invitation} /> : null}
      {viewer !== undefined && isViewer ? <AcceptForm invitation={invitation} /> : null}
      {viewer !== undefined && !isViewer ? <OtherAccount viewer={viewer} /> : null}
    </>
  );
}

/** Loads the page anew, for the organization that was joined. */
function enter(): void {
  window.location.assign("/");
}

function AcceptForm({ invitation: { id, organization } }: { invitation: Invitation }) {
  const submission = useSubmit(() => acceptInvitation(id), enter);
  return (
    <form onSubmit={submission.submit}>
      <SubmitButton submission={submission} verb={`Join ${organization.name}`} />
    </form>
  );
}

function NewAccountForm({ invitation: { id, email, organization } }: { invitation: Invitation }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const submission = useSubmit(() => acceptWithNewAccount(id, name.trim(), password), enter);
  return (
    <form onSubmit={submission.submit}>
      <p>Create your account for {email}:</p>
      <label class="field">
        Your name
        <input
          type="text"
          required
          autocomplete="name"
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <PasswordField label="Choose a password" password={password} onChange={setPassword} />
      <SubmitButton submission={submission} verb={`Join ${organization.name}`} />
    </form>
  );
}

function OtherAccount({ viewer }: { viewer: Viewer }) {
  const submission = useSubmit(signOut, () => window.location.reload());
  return (
    <form onSubmit={submission.submit}>
      <p>
        You are signed in with {viewer.user.email}, and the invitation is for another address. Sign out to
        accept it.
      </p>
      <SubmitButton submission={submission} verb="Sign out" />
    </form>
  );
}
