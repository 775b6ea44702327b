import * as z from "zod/mini";
import { EXECUTOR_STATUSES } from "../../../protocol/statuses.ts";
import type { Operation } from "../answer.ts";
import { shownText, timestamp } from "../decode.ts";
import { graphql } from "../graphql-operation.ts";

export const boundExecutor = z.object({
  id: z.string(),
  name: shownText,
  status: z.enum(EXECUTOR_STATUSES),
  lastSyncAt: z.nullable(timestamp),
  /** When its agent was stopped in an orderly way. */
  stoppedAt: z.nullable(timestamp),
});

/** An executor that is bound to a key, and would be refused without it. */
export type BoundExecutor = z.output<typeof boundExecutor>;

/** Whom a change of a key affects. */
export interface KeyReach {
  /** Ordered by name; at most 100. */
  readonly executors: readonly BoundExecutor[];
  /** How many there are in all. */
  readonly count: number;
}

/** The root field with the executors that are bound to the key `$id`. */
export const BOUND_EXECUTORS = `executors(filter: { key: $id }, limit: 100, sort: name, order: ascending) {
    id name status lastSyncAt stoppedAt
  }`;

const reach = z.pipe(
  z.object({
    apiKey: z.nullable(z.object({ usedNowCount: z.number() })),
    executors: z.array(boundExecutor),
  }),
  z.transform(
    ({ apiKey, executors }): KeyReach => ({
      executors,
      count: Math.max(apiKey?.usedNowCount ?? 0, executors.length),
    }),
  ),
);

export function askKeyReach(id: string): Operation<KeyReach> {
  const document = `query KeyReach($id: ID!) {
    apiKey(id: $id) { usedNowCount }
    ${BOUND_EXECUTORS}
  }`;
  return graphql(document, { id }, reach);
}
