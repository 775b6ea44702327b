import type { ApiKeyStatus } from "../../protocol/statuses.ts";
import type { KeyRecord } from "../store/contract/keys.ts";

type Dates = Pick<KeyRecord, "isEnabled" | "revokedAt" | "revokesAt" | "expiresAt">;
type Judged = Dates & Pick<KeyRecord, "damaged">;

/** What a key is at `now`. Revoked is said before expired: it is what somebody did, and it cannot be undone. */
export function keyStatus(key: Judged, now: number): ApiKeyStatus {
  if (key.damaged.length > 0) {
    return "damaged";
  }
  if (!key.isEnabled || revocationTime(key, now) !== null) {
    return "revoked";
  }
  return key.expiresAt !== null && key.expiresAt <= now ? "expired" : "active";
}

/** Since when it is revoked: by hand, or by the end of its grace. Null while it is not, or where better-auth's plugin disabled it. */
export function revocationTime(key: Omit<Dates, "expiresAt">, now: number): number | null {
  if (key.revokedAt !== null) {
    return key.revokedAt;
  }
  return key.revokesAt !== null && key.revokesAt <= now ? key.revokesAt : null;
}
