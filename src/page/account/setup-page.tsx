import { useState } from "preact/hooks";
import { setUp } from "../api/one-time-links.ts";
import { usePageState } from "../state/page-state.ts";
import { useSubmit } from "../state/submission.ts";
import { CopyBlock } from "../ui/copy-block.tsx";
import { SubmitButton } from "../ui/form.tsx";
import { Notice } from "../ui/notice.tsx";
import { Brand, PageHead } from "../ui/page-head.tsx";
import { CUT_OFF } from "./link-sign-in-page.tsx";
import { PasswordField } from "./password-field.tsx";

/** The page behind a set-up link: its holder creates the first account, which is the owner. */
export function SetupPage() {
  const { linkSecret } = usePageState();
  return (
    <main class="alone">
      <Brand />
      <PageHead title="Set up the control plane" />
      {linkSecret.isHeld && !linkSecret.isWhole ? <Notice kind="error">{CUT_OFF}</Notice> : null}
      {linkSecret.isWhole ? <FirstAccountForm /> : <WithoutLink />}
    </main>
  );
}

function FirstAccountForm() {
  const { linkSecret } = usePageState();
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const submission = useSubmit(
    () => setUp(linkSecret.text, { name: name.trim(), email, password }),
    () => {
      linkSecret.forget();
      window.location.assign("/connect");
    },
  );
  return (
    <form onSubmit={submission.submit}>
      <p>Create the first account. It owns the organization, and invites everybody else.</p>
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
      <label class="field">
        E-mail
        <input
          type="email"
          required
          autocomplete="username"
          value={email}
          onInput={(event) => setEmail(event.currentTarget.value)}
        />
      </label>
      <PasswordField label="Choose a password" password={password} onChange={setPassword} />
      <SubmitButton submission={submission} verb="Create account" />
    </form>
  );
}

function WithoutLink() {
  return (
    <>
      <p>Only a link that works once opens this page. Get one on the control plane’s host:</p>
      <CopyBlock what="the command" text="sudo novacula-control-plane setup-link" />
    </>
  );
}
