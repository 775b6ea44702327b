import type { ApiKey } from "../../api/api-keys.ts";
import { useNow } from "../../state/page-state.ts";
import { DAY_MS, Moment } from "../../ui/time.tsx";

/** As the overview counts them. */
const SOON_MS = 14 * DAY_MS;
const URGENT_MS = 3 * DAY_MS;

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

/** `expires in 2 d`, amber or red if that is soon. */
export function Expiring({ at, now }: { at: number; now: number }) {
  const left = at - now;
  return (
    <span class={left > SOON_MS ? undefined : `expiry ${left > URGENT_MS ? "soon" : "urgent"}`}>
      expires <Moment at={at} tense="future" />
    </span>
  );
}
