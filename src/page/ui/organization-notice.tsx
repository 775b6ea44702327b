import { useState } from "preact/hooks";
import { setActiveOrganization } from "../api/session.ts";
import { usePageState, useSession } from "../state/page-state.ts";
import { useUnmountSignal } from "../state/submission.ts";

/**
 * Says that the session is in another organization: another tab switched, and both are offered; or
 * the person was removed from the shown one. Until they choose, the control plane refuses every
 * change from this page, and typed text stays.
 */
export function OrganizationNotice() {
  const { session } = usePageState();
  const state = useSession();
  const signal = useUnmountSignal();
  const [failure, setFailure] = useState<string>();
  const shown = state.kind === "signed-in" ? state.viewer.activeOrganization : null;
  const moved = state.kind === "signed-in" ? state.moved : undefined;
  if (shown === null || moved === undefined) {
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
      {moved.mayReturn ? (
        <p>
          Another tab switched to <strong>{moved.to.name}</strong>. This page still shows{" "}
          <strong>{shown.name}</strong>. You cannot change anything here until you choose one.
        </p>
      ) : (
        <p>
          You no longer belong to <strong>{shown.name}</strong>, which this page still shows. You cannot
          change anything here.
        </p>
      )}
      {failure === undefined ? null : <p>{failure}</p>}
      <p class="choices">
        {moved.mayReturn ? (
          <button type="button" onClick={() => void stay()}>
            Switch back to {shown.name}
          </button>
        ) : null}
        <button type="button" onClick={() => window.location.assign("/")}>
          Go to {moved.to.name}
        </button>
      </p>
    </div>
  );
}
