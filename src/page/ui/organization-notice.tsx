import { useState } from "preact/hooks";
import { setActiveOrganization } from "../api/session.ts";
import { usePageState, useSession } from "../state/page-state.ts";
import { useUnmountSignal } from "../state/submission.ts";

/**
 * Says that another tab switched the organization, and offers both. Until the person chooses, the
 * control plane refuses every change from this page, and typed text stays.
 */
export function OrganizationNotice() {
  const { session } = usePageState();
  const state = useSession();
  const signal = useUnmountSignal();
  const [failure, setFailure] = useState<string>();
  const shown = state.kind === "signed-in" ? state.viewer.activeOrganization : null;
  const movedTo = state.kind === "signed-in" ? state.movedTo : undefined;
  if (shown === null || movedTo === undefined) {
    return null;
  }
  const stay = async () => {
    const answer = await session.ask(setActiveOrganization(shown.id), signal);
    if (answer.kind === "data") {
      await session.look(signal);
    } else if (answer.kind !== "signed-out") {
      setFailure(answer.sentence);
    }
  };
  return (
    <div class="notice notice-warning" role="alert">
      <p>
        Another tab switched to <strong>{movedTo.name}</strong>. This page still shows{" "}
        <strong>{shown.name}</strong>. You cannot change anything here until you choose one.
      </p>
      {failure === undefined ? null : <p>{failure}</p>}
      <p class="choices">
        <button type="button" onClick={() => void stay()}>
          Switch back to {shown.name}
        </button>
        <button type="button" onClick={() => window.location.assign("/api-keys")}>
          Go to {movedTo.name}
        </button>
      </p>
    </div>
  );
}
