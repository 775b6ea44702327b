import { useState } from "preact/hooks";
import { setActiveOrganization } from "../api/auth-operation.ts";
import { lookAgain, useSession } from "../state/session.ts";
import { useUnmountSignal } from "../state/unmount-signal.ts";

/**
 * Says that another tab has switched the organization, and offers both ways on. The page changes
 * nothing until one is chosen; what was typed stays for as long as this organization is shown.
 */
export function OrganizationNotice() {
  const session = useSession();
  const signal = useUnmountSignal();
  const [failure, setFailure] = useState<string>();
  if (session.kind !== "signed-in" || session.movedTo === undefined) {
    return null;
  }
  const shown = session.viewer.activeOrganization;
  if (shown === null) {
    return null;
  }
  const stay = async () => {
    const answer = await setActiveOrganization(shown.id, signal);
    if (answer.kind === "data") {
      await lookAgain(signal);
    } else if (answer.kind !== "signed-out") {
      setFailure(answer.sentence);
    }
  };
  return (
    <div class="notice notice-warning" role="alert">
      <p>
        Another tab has switched to <strong>{session.movedTo.name}</strong>. This page still shows{" "}
        <strong>{shown.name}</strong>, and nothing can be changed here until you choose.
      </p>
      {failure === undefined ? null : <p>{failure}</p>}
      <p class="choices">
        <button type="button" onClick={() => void stay()}>
          Switch back to {shown.name}
        </button>
        <button type="button" onClick={() => window.location.assign("/api-keys")}>
          Go to {session.movedTo.name}
        </button>
      </p>
    </div>
  );
}
