import * as z from "zod/mini";
import { namedExecutor, shownMessage, shownText, timestamp } from "./decode.ts";

/** When a key was refused last, and whose request that was. */
export const keyRefusal = z.object({
  reason: shownText,
  message: shownMessage,
  address: z.nullable(shownText),
  executor: z.nullable(namedExecutor),
  at: timestamp,
});

export type KeyRefusal = z.output<typeof keyRefusal>;

/** Its fields in a query. */
export const KEY_REFUSAL = "{ reason message address executor { id name isDeleted } at }";
