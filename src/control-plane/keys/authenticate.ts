import { hash } from "node:crypto";
import { keyFingerprint } from "../../protocol/fingerprint.ts";
import { isKeyShaped, mayShowFingerprint } from "../../protocol/key-shape.ts";
import type { KeyRefusalReason } from "../../protocol/refusal.ts";
import type { KeyLookup, PresentedKey } from "../store/contract/keys.ts";
import { keyStatus, revocationTime } from "./key-status.ts";

export type Authentication =
  | { readonly kind: "accepted"; readonly key: PresentedKey }
  | {
      readonly kind: "refused";
      readonly reason: KeyRefusalReason;
      readonly message: string;
      /** The key's fingerprint where what was presented looks like a key: a pasted password must not become guessable. */
      readonly fingerprint: string | undefined;
      readonly keyId: string | undefined;
      /** The key, where its row cannot be read as it is. */
      readonly damage?: PresentedKey;
    };

const BEARER = /^bearer +(.*)$/i;

/** Checks the presented key, on every request anew: a revocation holds from the next one on, across processes. */
export async function authenticate(
  authorization: string | undefined,
  keys: KeyLookup,
  now: number,
): Promise<Authentication> {
  const presented = BEARER.exec(authorization ?? "")?.[1]?.trim();
  if (presented === undefined || !isKeyShaped(presented)) {
    return malformed(authorization);
  }
  const key = await keys.byHash(keyHash(presented));
  if (key !== undefined) {
    return judge(key, now);
  }
  return {
    kind: "refused",
    reason: "unknown",
    message:
      "this key is not known here: it was cut off or changed when it was copied, deleted, or issued by another control plane",
    fingerprint: mayShowFingerprint(presented) ? keyFingerprint(presented) : undefined,
    keyId: undefined,
  };
}

/** A known key's own verdict at `now`. */
export function judge(key: PresentedKey, now: number): Authentication {
  const status = keyStatus(key, now);
  if (status === "active") {
    return { kind: "accepted", key };
  }
  if (status === "damaged") {
    return damaged(key);
  }
  const since = status === "revoked" ? revocationTime(key, now) : key.expiresAt;
  const when = since === null ? "" : ` at ${new Date(since).toISOString()}`;
  return {
    kind: "refused",
    reason: status,
    message: status === "revoked" ? `this key was revoked${when}` : `this key expired${when}`,
    fingerprint: key.fingerprint,
    keyId: key.id,
  };
}

function damaged(key: PresentedKey): Authentication {
  const { fingerprint, id, damaged: columns } = key;
  return {
    kind: "refused",
    reason: "damaged",
    message:
      `the control plane's own record of this key is damaged (${columns.join(", ")}), so it is refused: ` +
      "create another key",
    fingerprint,
    keyId: id,
    damage: key,
  };
}

/** How a key is stored and found: SHA-256, base64url without padding, as better-auth does. */
export function keyHash(secret: string): string {
  return hash("sha256", secret, "base64url");
}

function malformed(authorization: string | undefined): Authentication {
  const message =
    authorization === undefined
      ? "no key was presented: send it as Authorization: Bearer exc_…"
      : "what was presented is not an executor key: send Authorization: Bearer, then a key that begins with exc_ and has no spaces";
  return { kind: "refused", reason: "malformed", message, fingerprint: undefined, keyId: undefined };
}
