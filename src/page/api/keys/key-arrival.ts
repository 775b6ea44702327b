import * as z from "zod/mini";
import { API_KEY_STATUSES } from "../../../protocol/statuses.ts";
import type { Operation } from "../answer.ts";
import { keyReference, namedExecutor, timestamp } from "../decode.ts";
import { graphql } from "../graphql-operation.ts";
import { KEY_REFUSAL, keyRefusal } from "../key-refusal.ts";
import { boundExecutor } from "./key-reach.ts";

const use = z.object({ executor: namedExecutor, firstUsedAt: timestamp });

const newKey = z.object({
  status: z.enum(API_KEY_STATUSES),
  usedNow: z.array(use),
  usedBefore: z.array(use),
  lastRefusal: z.nullable(keyRefusal),
});

const oldKey = z.extend(keyReference, {
  status: z.enum(API_KEY_STATUSES),
  /** The end of the grace period. */
  revokesAt: z.nullable(timestamp),
  usedNowCount: z.number(),
});

const arrival = z.object({
  key: z.nullable(newKey),
  old: z.nullable(oldKey),
  /** Those that are bound to the old key. */
  onOld: z.array(boundExecutor),
});

/** Who is on a new key, and who is still on the one that it replaces. Null: it is deleted. */
export type KeyArrival = z.output<typeof arrival>;

const NEW_KEY = `key: apiKey(id: $key) {
    status
    usedNow { executor { id name isDeleted } firstUsedAt }
    usedBefore { executor { id name isDeleted } firstUsedAt }
    lastRefusal ${KEY_REFUSAL}
  }`;
const OLD_KEY = `old: apiKey(id: $old) { id name fingerprint status revokesAt usedNowCount }
  onOld: executors(filter: { key: $old }, sort: name, order: ascending) { id name status lastSyncAt stoppedAt }`;

/** @param old id of the key that it replaces; undefined: none */
export function askKeyArrival(key: string, old: string | undefined): Operation<KeyArrival> {
  if (old === undefined) {
    const alone = z.pipe(
      z.object({ key: z.nullable(newKey) }),
      z.transform((found): KeyArrival => ({ ...found, old: null, onOld: [] })),
    );
    return graphql(`query KeyArrival($key: ID!) { ${NEW_KEY} }`, { key }, alone);
  }
  return graphql(
    `query KeyArrivalAfter($key: ID!, $old: ID!) { ${NEW_KEY} ${OLD_KEY} }`,
    { key, old },
    arrival,
  );
}
