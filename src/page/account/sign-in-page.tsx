import { useEffect, useState } from "preact/hooks";
import { signIn } from "../api/session.ts";
import { usePageState, useSession } from "../state/page-state.ts";
import { useSubmit, useUnmountSignal } from "../state/submission.ts";
import { SubmitButton } from "../ui/form.tsx";
import { Notice } from "../ui/notice.tsx";
import { Brand, PageHead } from "../ui/page-head.tsx";

/** Shown at every address while nobody is signed in; then the address's own page follows. */
export function SignInPage() {
  const state = useSession();
  return (
    <main class="alone">
      <Brand />
      <PageHead title="Sign in" />
      {state.kind === "signed-out" && state.isEnded ? (
        <Notice kind="info">Your session has ended: it expired, or it was ended elsewhere.</Notice>
      ) : null}
      <SignInForm />
      <p class="muted">
        You need an invitation to get an account. Ask an owner or admin of your organization.
      </p>
    </main>
  );
}

/** @param email filled in at the start: the address that an invitation is for */
export function SignInForm({ email: presetEmail = "" }: { email?: string }) {
  const { session } = usePageState();
  const signal = useUnmountSignal();
  const [email, setEmail] = useState(presetEmail);
  const [password, setPassword] = useState("");
  const submission = useSubmit(
    () => signIn(email, password),
    () => void session.resume(signal),
  );
  const hasFailed = submission.failure !== undefined;
  useEffect(() => {
    if (hasFailed) {
      setPassword("");
    }
  }, [hasFailed]);
  return (
    <form onSubmit={submission.submit}>
      <label class="field">
        E-mail
        <input
          type="email"
          name="email"
          autocomplete="username"
          required
          value={email}
          onInput={(event) => setEmail(event.currentTarget.value)}
        />
      </label>
      <label class="field">
        Password
        <input
          type="password"
          name="password"
          autocomplete="current-password"
          autofocus={presetEmail !== ""}
          required
          value={password}
          onInput={(event) => setPassword(event.currentTarget.value)}
        />
      </label>
      <SubmitButton submission={submission} verb="Sign in" />
    </form>
  );
}
