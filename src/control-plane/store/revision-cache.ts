import type { BoundExecutor } from "./contract/executors.ts";
import type { PresentedKey } from "./contract/keys.ts";
import { boundExecutorId, type LookupChange } from "./contract/lookup-changes.ts";
import type { ExecutorNodes } from "./contract/nodes.ts";
import type { Store, SyncLookups } from "./contract/store.ts";

/** More than a very large fleet needs. Beyond that, everything is forgotten and read again. */
const MAX_KEPT = 150_000;

/**
 * The lookups of `store`, answered from memory as long as its revision stays the same. The revision
 * is read once for each sync, with its key: a read costs 10 µs in SQLite (measured) and a round
 * trip to a database server. A store that knows what was changed makes only that forgotten.
 */
export function cachedLookups(store: SyncLookups & Pick<Store, "revision" | "changes">): SyncLookups {
  const keys = new Memory<PresentedKey>();
  const executors = new Memory<BoundExecutor>();
  const nodes = new Memory<ExecutorNodes>();
  let keptAt = "";
  const forget = ({ kind, id }: LookupChange) => {
    const memories = { key: [keys], executor: [executors], nodes: [nodes], all: [keys, executors, nodes] };
    for (const memory of memories[kind]) {
      memory.forget(kind === "all" ? undefined : id);
    }
  };
  return {
    keys: {
      async byHash(hash) {
        // Read the revision first: a write in between causes only a re-read.
        const revision = await store.revision();
        if (revision !== keptAt) {
          const changes = store.changes(keptAt, revision) ?? [{ kind: "all", id: "" }];
          keptAt = revision;
          changes.forEach(forget);
        }
        return keys.get(hash, () => store.keys.byHash(hash));
      },
      hasSuccessor: (key) => store.keys.hasSuccessor(key),
    },
    executors: {
      bound: (organizationId, name) =>
        executors.get(boundExecutorId(organizationId, name), () =>
          store.executors.bound(organizationId, name),
        ),
    },
    nodes: {
      ofExecutor: (executorId) => nodes.get(executorId, () => store.nodes.ofExecutor(executorId)),
    },
  };
}

/** Keeps values until it forgets them. Missing ones are read again every time. */
class Memory<Value> {
  /** Resolved promises: each sync asks for several values, and a new promise costs memory. */
  private kept = new Map<string, Promise<Value>>();
  /** Changes whenever something is forgotten. */
  private generation = 0;

  /** The value that is kept under `id`, or what `read` resolves to. */
  get<Found extends Value | undefined>(id: string, read: () => Promise<Found>): Promise<Value | Found> {
    return this.kept.get(id) ?? this.read(id, read);
  }

  private async read<Found extends Value | undefined>(
    id: string,
    read: () => Promise<Found>,
  ): Promise<Value | Found> {
    const { generation } = this;
    const value = await read();
    // What was read before something was forgotten may be older than that change.
    if (value === undefined || generation !== this.generation) {
      return value;
    }
    if (this.kept.size >= MAX_KEPT) {
      this.kept.clear();
    }
    this.kept.set(id, Promise.resolve(value));
    return value;
  }

  /** Undefined: everything. */
  forget(id: string | undefined): void {
    this.generation += 1;
    if (id === undefined) {
      this.kept = new Map();
    } else {
      this.kept.delete(id);
    }
  }
}
