import { useState } from "preact/hooks";
import { signIn } from "../api/auth-operation.ts";
import { askViewer } from "../api/session.ts";
import { noteViewer } from "../state/session.ts";
import { useSubmit } from "../state/submission.ts";
import { PageHead } from "../ui/page-head.tsx";
import { SubmitButton } from "../ui/submit-button.tsx";

/** Signs a person in, at whatever address of the page they came to; then that address is there. */
export function SignInPage() {
  return (
    <main class="alone">
      <p class="brand">Novacula</p>
      <PageHead title="Sign in" />
      <SignInForm />
      <p class="muted">Accounts are made by invitation. Ask an owner or admin of your organization.</p>
    </main>
  );
}

/** `email`: whom an invitation is for. */
export function SignInForm({ email: presetEmail = "" }: { email?: string }) {
  const [email, setEmail] = useState(presetEmail);
  const [password, setPassword] = useState("");
  const submission = useSubmit(
    async (signal) => {
      const answer = await signIn(email, password, signal);
      setPassword("");
      return answer.kind === "data" ? askViewer(signal) : answer;
    },
    (viewer) => noteViewer({ kind: "data", data: viewer }),
  );
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
          required
          value={password}
          onInput={(event) => setPassword(event.currentTarget.value)}
        />
      </label>
      <SubmitButton submission={submission} verb="Sign in" />
    </form>
  );
}
