import * as z from "zod/mini";
import { OFFLINE_CAUSES } from "../../../protocol/statuses.ts";
import type { Operation } from "../answer.ts";
import { field, graphql } from "../graphql-operation.ts";

const health = z.object({
  executors: z.object({
    total: z.number(),
    online: z.number(),
    offline: z.number(),
    offlineBy: z.array(z.object({ cause: z.enum(OFFLINE_CAUSES), count: z.number() })),
    refused: z.number(),
    duplicates: z.number(),
  }),
  apiKeys: z.object({
    total: z.number(),
    active: z.number(),
    refused: z.number(),
    expiring: z.number(),
    unused: z.number(),
    old: z.number(),
  }),
});

/** What is wrong now, as counts. */
export type Health = z.output<typeof health>;

const DOCUMENT = `query Health {
  health {
    executors { total online offline offlineBy { cause count } refused duplicates }
    apiKeys { total active refused expiring unused old }
  }
}`;

export function askHealth(): Operation<Health | null> {
  return graphql(DOCUMENT, {}, field("health", z.nullable(health)));
}
