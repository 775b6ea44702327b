import { useState } from "preact/hooks";
import { acceptInvitation, acceptWithNewAccount, signOut } from "../api/auth-operation.ts";
import { askInvitation, type Invitation } from "../api/members.ts";
import type { Viewer } from "../api/session.ts";
import { usePolled } from "../state/polling.ts";
import { useSubmit } from "../state/submission.ts";
import { Notice } from "../ui/notice.tsx";
import { PageHead } from "../ui/page-head.tsx";
import { SubmitButton } from "../ui/submit-button.tsx";
import { exactly } from "../ui/time.tsx";
import { PasswordField } from "./password-field.tsx";
import { SignInForm } from "./sign-in-page.tsx";

const INTERVAL_MS = 30_000;

/** Where the link of an invitation leads: whoever has it joins, with the account they have or a new one. */
export function InvitationPage({ id, viewer }: { id: string; viewer: Viewer | undefined }) {
  const { data, failure } = usePolled(`invitation ${id}`, INTERVAL_MS, (signal) => askInvitation(id, signal));
  return (
    <main class="alone">
      <p class="brand">Novacula</p>
      <PageHead title="Invitation" />
      {data === undefined && failure !== undefined ? <Notice kind="error">{failure}</Notice> : null}
      {data === null ? (
        <p>This invitation cannot be accepted: it was used, cancelled, or is too old. Ask for another one.</p>
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
        {inviter.name} ({inviter.email}) invites {email} to <strong>{organization.name}</strong> with the role{" "}
        {role}. The invitation is valid until {exactly(expiresAt)}.
      </p>
      {viewer === undefined && hasAccount ? <SignInForm email={email} /> : null}
      {viewer === undefined && !hasAccount ? <NewAccountForm invitation={invitation} /> : null}
      {viewer !== undefined && isViewer ? <AcceptForm invitation={invitation} /> : null}
      {viewer !== undefined && !isViewer ? <OtherAccount viewer={viewer} /> : null}
    </>
  );
}

/** Into the organization: everything on the page is another's then. */
function enter(): void {
  window.location.assign("/api-keys");
}

function AcceptForm({ invitation: { id, organization } }: { invitation: Invitation }) {
  const submission = useSubmit((signal) => acceptInvitation(id, signal), enter);
  return (
    <form onSubmit={submission.submit}>
      <SubmitButton submission={submission} verb={`Join ${organization.name}`} />
    </form>
  );
}

function NewAccountForm({ invitation: { id, email, organization } }: { invitation: Invitation }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const submission = useSubmit((signal) => acceptWithNewAccount(id, name.trim(), password, signal), enter);
  return (
    <form onSubmit={submission.submit}>
      <p>Your account is for {email}.</p>
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
  const leave = async () => {
    const answer = await signOut(new AbortController().signal);
    if (answer.kind === "data") {
      window.location.reload();
    }
  };
  return (
    <>
      <p>Signed in here is another account: {viewer.user.email}.</p>
      <p>
        <button type="button" onClick={() => void leave()}>
          Sign out
        </button>
      </p>
    </>
  );
}
