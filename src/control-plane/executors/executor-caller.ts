import type { CurrentKeyReply } from "../../protocol/sync.ts";
import type { PresentedKey } from "../store/contract/keys.ts";
import type { KeyReference } from "../store/contract/references.ts";

/** The key that was presented, and the address it came from. */
export interface ExecutorCaller {
  readonly key: PresentedKey;
  readonly address: string | null;
}

/** What an executor is told of its key. */
export function identified(key: PresentedKey): CurrentKeyReply {
  const { id, name, expiresAt, revokesAt, organization } = key;
  return { key: { id, name, expiresAt, revokesAt }, organization };
}

export function keyReference({ id, name, fingerprint }: PresentedKey): KeyReference {
  return { id, name, fingerprint };
}
