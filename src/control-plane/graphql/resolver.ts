import type { ExecutorDeletion } from "../executors/executor-deletion.ts";
import type { ExecutorSync } from "../executors/executor-sync.ts";
import type { Presence } from "../executors/presence/presence.ts";
import type { ApiKeys } from "../keys/api-keys.ts";
import type { DamageLog } from "../log/damage-log.ts";
import type { NodeChanges } from "../nodes/node-changes.ts";
import type { ReportedNodes } from "../nodes/reported-nodes.ts";
import type { People } from "../people/people.ts";
import type { ExecutorHealth, VersionCount } from "../store/contract/lists.ts";
import type { Store } from "../store/contract/store.ts";
import type { CountMemory } from "./count-memory.ts";

export interface ResolverDeps {
  readonly store: Store;
  readonly apiKeys: ApiKeys;
  readonly executorSync: ExecutorSync;
  readonly executorDeletion: ExecutorDeletion;
  readonly nodeChanges: NodeChanges;
  readonly reportedNodes: ReportedNodes;
  readonly presence: Presence;
  /** Undefined: nobody signs in. */
  readonly people: People | undefined;
  readonly damages: DamageLog;
  readonly executorHealth: CountMemory<ExecutorHealth>;
  readonly executorVersions: CountMemory<readonly VersionCount[]>;
  readonly now: () => number;
}

/**
 * The functions behind the root fields. They may rely on access having been checked
 * (rights/access.ts), but must decode their arguments.
 */
export type Resolvers = Readonly<Record<string, (input: unknown) => Promise<unknown>>>;
