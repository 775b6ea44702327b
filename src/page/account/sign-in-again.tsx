import type { Viewer } from "../api/session.ts";
import { usePageState } from "../state/page-state.ts";
import { Dialog } from "../ui/dialog.tsx";
import { SignInForm } from "./sign-in-page.tsx";

/** Covers the page of a person whose session has ended, and keeps what they typed. */
export function SignInAgain({ viewer }: { viewer: Viewer }) {
  const { session } = usePageState();
  return (
    <Dialog title="Your session has ended" class="cover">
      <div class="dialog-body">
        <p>It expired, or it was ended elsewhere. Sign in again: what you typed is kept.</p>
        <SignInForm email={viewer.user.email} />
        <p>
          <button type="button" class="link" onClick={() => session.end()}>
            Discard it and leave
          </button>
        </p>
      </div>
    </Dialog>
  );
}
