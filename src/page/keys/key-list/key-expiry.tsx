import type { ApiKey } from "../../api/api-keys.ts";
import { useNow } from "../../state/page-state.ts";
import { Moment } from "../../ui/time.tsx";
import { Expiring } from "../shown/expiring.tsx";

/**
 * When an active key ends, or when one ended. Amber and red: it ends soon, and has no successor
 * that could make that unimportant.
 */
export function KeyExpiry({ apiKey }: { apiKey: ApiKey }) {
  const now = useNow();
  const { status, expiresAt, revokesAt, revokedAt } = apiKey;
  if (status === "damaged") {
    return null;
  }
  if (status !== "active") {
    const at = status === "revoked" ? revokedAt : expiresAt;
    return at === null ? null : (
      <>
        {status} <Moment at={at} />
      </>
    );
  }
  if (revokesAt !== null) {
    return (
      <>
        will be revoked <Moment at={revokesAt} tense="future" />
      </>
    );
  }
  if (expiresAt === null) {
    return <span class="muted">never expires</span>;
  }
  return <Expiring at={expiresAt} now={now} />;
}
