import { serverConnection } from "./api/connection.ts";
import { useStore } from "./state/store.ts";
import { exactly } from "./ui/time.tsx";

/** Says above every page that what it shows is old, for as long as it is. */
export function ConnectionBanner() {
  const connection = useStore(serverConnection);
  return (
    <div role="status" class="connection">
      {connection.kind === "fine" ? null : (
        <div class="notice notice-warning">
          <p>
            {connection.sentence} What is shown is from{" "}
            <time dateTime={new Date(connection.since).toISOString()}>{exactly(connection.since)}</time>; the
            page tries again by itself.
          </p>
        </div>
      )}
    </div>
  );
}
