import type * as z from "zod";
import { CURRENT_KEY, SYNC_EXECUTOR } from "../../protocol/operations.ts";
import { type GraphqlRequest, parseGraphqlRequest } from "../graphql/request/graphql-request.ts";
import { currentKeyArguments, type SyncInput, syncArguments } from "../graphql/request/inputs.ts";
import type { ExecutorCaller, ExecutorSync } from "./executor-sync.ts";
import { Recent } from "./recent.ts";

/** Several times what an executor sends: a larger request is not worth keeping. */
const MAX_CHARACTERS = 8192;

/** A sync's request and what it says. */
interface KnownSync {
  readonly text: string;
  readonly input: SyncInput;
}

/**
 * Answers the documents that executors send, which are known by their text. Our documents select all that the replies
 * hold, in their order (a test compares the two): asked of graphql-js, an answer costs three times as much (measured).
 *
 * An executor says the same for half a minute, until it measures its host again: a request that repeats its key's last one
 * to the letter is not decoded again, and costs a third less. Who sends it and what it may do is judged each time.
 */
export class ExecutorDocuments {
  private readonly executorSync: ExecutorSync;
  /** By the id of the key. */
  private readonly lastSyncs: Recent<KnownSync>;

  constructor(executorSync: ExecutorSync, now: () => number) {
    this.executorSync = executorSync;
    this.lastSyncs = new Recent(now);
  }

  /**
   * The answer's body. Undefined, and nothing done, for a longer text or another document, and where the variables do not
   * fit: graphql-js has the words for that. Rejects with an ApiError for a refusal, or where the text is no request.
   */
  async answer(text: string, caller: ExecutorCaller): Promise<unknown> {
    if (text.length > MAX_CHARACTERS) {
      return undefined;
    }
    const last = this.lastSyncs.get(caller.key.id);
    if (last?.text === text) {
      return this.sync(caller, last.input);
    }
    const request = parseGraphqlRequest(text);
    if (isFor(request, SYNC_EXECUTOR, "SyncExecutor")) {
      const input = fitting(syncArguments, request)?.input;
      if (input === undefined) {
        return undefined;
      }
      this.lastSyncs.set(caller.key.id, { text, input });
      return this.sync(caller, input);
    }
    if (!isFor(request, CURRENT_KEY, "CurrentKey")) {
      return undefined;
    }
    const input = fitting(currentKeyArguments, request)?.input;
    return input && { data: { currentKey: await this.executorSync.currentKey(caller, input) } };
  }

  private async sync(caller: ExecutorCaller, input: SyncInput): Promise<unknown> {
    return { data: { syncExecutor: await this.executorSync.sync(caller, input) } };
  }
}

function isFor({ query, operationName }: GraphqlRequest, document: string, name: string): boolean {
  return query === document && (operationName === undefined || operationName === name);
}

function fitting<Schema extends z.ZodType>(
  schema: Schema,
  { variables }: GraphqlRequest,
): z.output<Schema> | undefined {
  const result = schema.safeParse(variables);
  return result.success ? result.data : undefined;
}
