import type { ApiKeyStatus } from "../../protocol/statuses.ts";
import type { KeyRecord } from "../store/contract/keys.ts";

type Dates = Pick<KeyRecord, "isEnabled" | "revokedAt" | "revokesAt" | "expiresAt">;
type Judged = Dates & Pick<KeyRecord, "damaged">;

/**
 * The status of a key at `now`, epoch ms. A key that is both revoked and expired is revoked:
 * somebody did that, and it cannot be undone.
 */
export function keyStatus(key: Judged, now: number): ApiKeyStatus {
  if (key.damaged.length > 0) {
    return "damaged";
  }
  if (!key.isEnabled || revocationTime(key, now) !== null) {
    return "revoked";
  }
  return key.expiresAt !== null && key.expiresAt <= now ? "expired" : "active";
}

/**
 * When the key was revoked, epoch ms: by a person, or by the end of its grace. Null if it is not
 * revoked, or if better-auth's plugin disabled it, which records no time.
 */
export function revocationTime(key: Omit<Dates, "expiresAt">, now: number): number | null {
  if (key.revokedAt !== null) {
    return key.revokedAt;
  }
  return key.revokesAt !== null && key.revokesAt <= now ? key.revokesAt : null;
}
