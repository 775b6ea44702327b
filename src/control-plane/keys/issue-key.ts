import { randomId } from "../../lib/random-id.ts";
import type { KeyRecord, KeyWriter, NewKey } from "../store/contract/keys.ts";
import { keyHash } from "./authenticate.ts";
import { randomKey } from "./random-key.ts";

/** A new key with its secret, which is shown once and stored only as a hash. */
export interface IssuedKey {
  readonly key: KeyRecord;
  readonly secret: string;
  /** What a person should know about it, in sentences. */
  readonly note?: string | undefined;
}

/** Stores a new key. Without a `lineageId` it begins a lineage of its own. */
export async function issueKey(
  keys: KeyWriter,
  key: Omit<NewKey, "id" | "hash" | "start" | "lineageId"> & { readonly lineageId: string | null },
): Promise<IssuedKey> {
  const id = randomId();
  const secret = randomKey();
  const lineageId = key.lineageId ?? id;
  await keys.insert({ ...key, id, hash: keyHash(secret), start: secret.slice(0, 6), lineageId });
  const stored = await keys.byId(id);
  if (stored === undefined) {
    throw new TypeError("the key that was just stored is missing");
  }
  return { key: stored, secret };
}
