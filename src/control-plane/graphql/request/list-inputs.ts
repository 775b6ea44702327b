import * as z from "zod";
import { OFFLINE_CAUSES } from "../../../protocol/statuses.ts";
import { badInput } from "../../api-error.ts";
import { MAX_EXECUTOR_NAME_CHARACTERS, organization, orNull, page, reference, search } from "./inputs.ts";

/** The arguments of the lists of keys and executors, and of their counts. */

const time = orNull(z.number().min(0).max(8.64e15));
const order = z.enum(["ascending", "descending"]).transform((word) => word === "descending");

const executorFilter = z.strictObject({
  // A row is known to be damaged only when it is read.
  status: orNull(z.enum(["online", "offline"])),
  cause: orNull(z.enum(OFFLINE_CAUSES)),
  concern: orNull(z.enum(["refused", "duplicate"])),
  version: orNull(z.string().max(100)),
  kind: orNull(z.enum(["agent", "operator"])),
  key: orNull(reference),
  seenBefore: time,
  seenAfter: time,
});
const keyFilter = z.strictObject({
  status: orNull(z.enum(["active", "expired", "revoked"])),
  concern: orNull(z.enum(["refused", "expiring", "unused", "old"])),
  target: search,
  expiresBefore: time,
  usedBefore: time,
});
const noExecutorFilter = executorFilter.parse({});
const noKeyFilter = keyFilter.parse({});

export const executorCountArguments = z
  .object({ organization, search, filter: executorFilter.nullish() })
  .transform(({ filter, search: text, ...rest }) => ({
    ...rest,
    filter: { ...(filter ?? noExecutorFilter), search: text },
  }));
export const keyCountArguments = z
  .object({ organization, search, filter: keyFilter.nullish() })
  .transform(({ filter, search: text, ...rest }) => ({
    ...rest,
    filter: { ...(filter ?? noKeyFilter), search: text },
  }));

export const healthArguments = z.object({ organization });

const cursors = { ...page, after: orNull(z.string().max(200)), order };
export const executorListArguments = z.object({
  name: orNull(z.string().max(MAX_EXECUTOR_NAME_CHARACTERS)),
  sort: z.enum(["created", "name", "seen"]),
  ...cursors,
});
export const keyListArguments = z.object({ sort: z.enum(["created", "name", "expires"]), ...cursors });

/** Throws BAD_USER_INPUT if the page has two cursors. */
export function requireOneCursor(cursor: {
  readonly before: string | null;
  readonly after: string | null;
}): void {
  if (cursor.before !== null && cursor.after !== null) {
    throw badInput("before and after: a page follows one entry or precedes one, so give only one of them");
  }
}
