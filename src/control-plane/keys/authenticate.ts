import { hash } from "node:crypto";
import { utcTime } from "../../lib/clock.ts";
import { keyFingerprint } from "../../protocol/fingerprint.ts";
import { mayShowFingerprint } from "../../protocol/key-shape.ts";
import type { KeyRefusalReason, RefusalFacts } from "../../protocol/refusal.ts";
import type { KeyLookup, PresentedKey } from "../store/contract/keys.ts";
import { keyStatus, revocationTime } from "./key-status.ts";
import { presentedKey } from "./presented-key.ts";

export type Authentication =
  | { readonly kind: "accepted"; readonly key: PresentedKey }
  | {
      readonly kind: "refused";
      readonly reason: KeyRefusalReason;
      readonly message: string;
      /** What the caller may know besides. */
      readonly facts: RefusalFacts;
      /**
       * Left out unless the credential looks like a key: the fingerprint of a password helps to
       * guess it.
       */
      readonly fingerprint: string | undefined;
      readonly keyId: string | undefined;
      /** The key, if its row in the database is damaged. */
      readonly damage?: PresentedKey;
    };

/** No capital letter in this many: no key that was issued here looks like that. */
const LOWER_CASE = /^exc_[a-z]{20,}$/;

/**
 * Checks the presented key. Every request is checked anew, so that a revocation in any process
 * applies to the next request.
 */
export async function authenticate(
  authorization: string | undefined,
  keys: KeyLookup,
  now: number,
): Promise<Authentication> {
  const presented = presentedKey(authorization);
  if (presented.kind === "no-key") {
    const { arrived, message } = presented;
    return refused("malformed", message, { facts: { arrived } });
  }
  const { secret } = presented;
  const key = await keys.byHash(keyHash(secret));
  if (key !== undefined) {
    return judge(key, keys, now);
  }
  const message = LOWER_CASE.test(secret)
    ? "this key is not known here: it has no capital letters, so something changed them, on the way or in copying"
    : "this key is not known here: it was damaged in copying, deleted, or issued by another control plane";
  const fingerprint = mayShowFingerprint(secret) ? keyFingerprint(secret) : undefined;
  return refused("unknown", message, {
    fingerprint,
    facts: fingerprint === undefined ? {} : { fingerprint },
  });
}

/** Whether a known key may be used at `now`, epoch ms. */
export async function judge(
  key: PresentedKey,
  keys: Pick<KeyLookup, "hasSuccessor">,
  now: number,
): Promise<Authentication> {
  const status = keyStatus(key, now);
  if (status === "active") {
    return { kind: "accepted", key };
  }
  if (status === "damaged") {
    return damaged(key);
  }
  const { fingerprint, id: keyId } = key;
  if (status === "expired") {
    return refused("expired", `this key expired${when(key.expiresAt)}`, {
      fingerprint,
      keyId,
      facts: { fingerprint },
    });
  }
  // Only a rotation has a grace.
  const rotated = key.revokesAt !== null || (await keys.hasSuccessor(key));
  const at = when(revocationTime(key, now));
  const message = rotated
    ? `this key was rotated, and stopped working${at}: use the key that replaced it`
    : `this key was revoked${at}`;
  return refused("revoked", message, { fingerprint, keyId, facts: { fingerprint, rotated } });
}

type Refused = Extract<Authentication, { kind: "refused" }>;

function refused(
  reason: KeyRefusalReason,
  message: string,
  more: Pick<Refused, "facts"> & Partial<Pick<Refused, "fingerprint" | "keyId">>,
): Refused {
  return { kind: "refused", reason, message, fingerprint: undefined, keyId: undefined, ...more };
}

function when(at: number | null): string {
  return at === null ? "" : ` at ${utcTime(at)}`;
}

function damaged(key: PresentedKey): Authentication {
  const { fingerprint, id, damaged: columns } = key;
  return {
    kind: "refused",
    reason: "damaged",
    message:
      `the control plane's record of this key is damaged (${columns.join(", ")}), so the key is refused: ` +
      "create another key",
    facts: { fingerprint },
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
