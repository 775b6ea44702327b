import { useEffect, useRef, useState } from "preact/hooks";
import { signInByLink } from "../api/one-time-links.ts";
import { usePageState } from "../state/page-state.ts";
import { useUnmountSignal } from "../state/submission.ts";
import { Link } from "../ui/link.tsx";
import { Notice } from "../ui/notice.tsx";
import { Brand, PageHead } from "../ui/page-head.tsx";

export const CUT_OFF = "The link is not whole. Copy all of it, up to its last character.";

/** Signs in by the one-time link that opened the page. */
export function LinkSignInPage() {
  const { session, linkSecret, navigation } = usePageState();
  const signal = useUnmountSignal();
  const [failure, setFailure] = useState<string>();
  const hasBegun = useRef(false);
  useEffect(() => {
    if (hasBegun.current) {
      return;
    }
    hasBegun.current = true;
    if (!linkSecret.isWhole) {
      setFailure(CUT_OFF);
      return;
    }
    const signIn = async () => {
      const answer = await session.ask(signInByLink(linkSecret.text), signal);
      if (answer.kind === "data") {
        linkSecret.forget();
        navigation.replace("/executors");
        await session.look(signal);
      } else if (answer.kind !== "signed-out") {
        setFailure(answer.sentence);
      }
    };
    void signIn();
  });
  return (
    <main class="alone">
      <Brand />
      <PageHead title={failure === undefined ? "Signing in…" : "This link does not sign in"} />
      {failure === undefined ? null : (
        <>
          <Notice kind="error">{failure}</Notice>
          <p>
            <Link to="/">Sign in with a password</Link>
          </p>
        </>
      )}
    </main>
  );
}
