import type { ApiKeys } from "./api-keys.ts";
import type { DamageLog } from "./damage.ts";
import type { ExecutorDeletion } from "./executor-deletion.ts";
import type { ExecutorSync } from "./executor-sync.ts";
import type { Presence } from "./presence.ts";
import type { Store } from "./store.ts";

export interface ResolverDeps {
  readonly store: Store;
  readonly apiKeys: ApiKeys;
  readonly executorSync: ExecutorSync;
  readonly executorDeletion: ExecutorDeletion;
  readonly presence: Presence;
  readonly damages: DamageLog;
  readonly now: () => number;
}

/** What a root field does, given its arguments. Access has been checked (access.ts), the arguments have not. */
export type Resolvers = Readonly<Record<string, (input: unknown) => Promise<unknown>>>;
