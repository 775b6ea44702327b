import { useState } from "preact/hooks";
import { useGiveUp } from "../give-up.ts";
import { Notice } from "../parts/notice.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { signIn } from "../server/people.ts";
import { askViewer } from "../server/viewer.ts";
import { noteViewer } from "../session.ts";

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

export function SignInForm({ email: presetEmail = "" }: { email?: string }) {
  const [email, setEmail] = useState(presetEmail);
  const [password, setPassword] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const signal = useGiveUp();
  const submit = async (event: Event) => {
    event.preventDefault();
    if (isBusy) return;
    setBusy(true);
    const answer = await signIn(email, password, signal);
    if (answer.kind === "data") noteViewer(await askViewer(signal));
    if (signal.aborted) return;
    setBusy(false);
    if (answer.kind === "data") return;
    setPassword("");
    setFailure(answer.kind === "signed-out" ? "E-mail or password is wrong." : answer.sentence);
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
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
      {failure === undefined ? null : <Notice kind="error">{failure}</Notice>}
      <button type="submit" class="primary" aria-disabled={isBusy ? true : undefined}>
        Sign in
      </button>
    </form>
  );
}
