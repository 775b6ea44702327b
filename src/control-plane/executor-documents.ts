import type * as z from "zod";
import { CURRENT_KEY, SYNC_EXECUTOR } from "../protocol/operations.ts";
import type { ExecutorCaller, ExecutorSync } from "./executor-sync.ts";
import type { GraphqlRequest } from "./graphql-request.ts";
import { currentKeyArguments, syncArguments } from "./inputs.ts";

/**
 * The answer to a document that executors send, known by its text: they send no other, and asked of graphql-js it costs
 * three times as much (measured). Our documents select all that the replies hold, in their order, and a test compares the
 * two. Undefined, and nothing done, for any other document, and where the variables do not fit: graphql-js has the words
 * for that. Rejects with an ApiError for a refusal.
 */
export async function answerExecutor(
  { query, operationName, variables }: GraphqlRequest,
  executorSync: ExecutorSync,
  caller: ExecutorCaller,
): Promise<unknown> {
  switch (query) {
    case SYNC_EXECUTOR: {
      if (operationName !== undefined && operationName !== "SyncExecutor") return undefined;
      const input = fitting(syncArguments, variables)?.input;
      return input && { data: { syncExecutor: await executorSync.sync(caller, input) } };
    }
    case CURRENT_KEY: {
      if (operationName !== undefined && operationName !== "CurrentKey") return undefined;
      const input = fitting(currentKeyArguments, variables)?.input;
      return input && { data: { currentKey: await executorSync.currentKey(caller, input) } };
    }
    default:
      return undefined;
  }
}

function fitting<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> | undefined {
  const result = schema.safeParse(value);
  return result.success ? result.data : undefined;
}
