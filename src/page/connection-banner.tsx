import { usePageState } from "./state/page-state.ts";
import { useStore } from "./state/store.ts";
import { ExactTime } from "./ui/time.tsx";

/** While the control plane does not answer, says so and how old the shown data is. */
export function ConnectionBanner() {
  const { session } = usePageState();
  const connection = useStore(session.connection);
  const isEmpty = useStore(session.unanswered) > 0;
  return (
    <div role="status" class="connection">
      {connection.kind === "fine" ? null : (
        <div class="notice notice-warning">
          <p>
            {connection.sentence}{" "}
            {isEmpty ? (
              "This page appears as soon as it does."
            ) : (
              <>
                The data on this page is from <ExactTime at={connection.since} />.
              </>
            )}{" "}
            The page retries automatically.
          </p>
        </div>
      )}
    </div>
  );
}
