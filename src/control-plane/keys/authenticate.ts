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
      /**
       * Left out unless the credential looks like a key: the fingerprint of a password helps to
       * guess it.
       */
      readonly fingerprint: string | undefined;
      readonly keyId: string | undefined;
      /** The key, if its row in the database is damaged. */
      readonly damage?: PresentedKey;
    };

const BEARER = /^bearer +(.*)$/i;

/**
 * Checks the presented key. Every request is checked anew, so that a revocation in any process
 * applies to the next request.
 */
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
      "this key is not known here: it was damaged in copying, deleted, or issued by another control plane",
    fingerprint: mayShowFingerprint(presented) ? keyFingerprint(presented) : undefined,
    keyId: undefined,
  };
}

/** Whether a known key may be used at `now`, epoch ms. */
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
      `the control plane's record of this key is damaged (${columns.join(", ")}), so the key is refused: ` +
      "create another key",
    fingerprint,
    keyId: id,
    damage: key,
  };
}

/**
 * The form in which a key is stored and looked up: SHA-256 in unpadded base64url, as in
 * better-auth.
 */
export function keyHash(secret: string): string {
  return hash("sha256", secret, "base64url");
}

function malformed(authorization: string | undefined): Authentication {
  const message =
    authorization === undefined
      ? "no key was presented: send the header Authorization: Bearer exc_…"
      : "this is not an executor key, which begins with exc_ and has no spaces: send the header Authorization: Bearer exc_…";
  return { kind: "refused", reason: "malformed", message, fingerprint: undefined, keyId: undefined };
}
