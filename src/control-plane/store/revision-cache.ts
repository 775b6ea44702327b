import type { BoundExecutor } from "./contract/executors.ts";
import type { PresentedKey } from "./contract/keys.ts";
import type { ExecutorNodes } from "./contract/nodes.ts";
import type { Store, SyncLookups } from "./contract/store.ts";

/** More than a very large fleet needs. Beyond that, everything is forgotten and read again. */
const MAX_KEPT = 150_000;

/**
 * The lookups of `store`, answered from memory as long as its revision stays the same. The revision
 * is read once for each sync, with its key: a read costs 10 µs in SQLite (measured) and a round
 * trip to a database server.
 */
export function cachedLookups(store: SyncLookups & Pick<Store, "revision">): SyncLookups {
  const keys = new Memory<PresentedKey>();
  const executors = new Memory<BoundExecutor>();
  const nodes = new Memory<ExecutorNodes>();
  let keptAt = "";
  return {
    keys: {
      async byHash(hash) {
        // Read the revision first: a write in between causes only a re-read.
        const revision = await store.revision();
        if (revision !== keptAt) {
          keptAt = revision;
          keys.forget();
          executors.forget();
          nodes.forget();
        }
        return keys.get(hash, () => store.keys.byHash(hash));
      },
      hasSuccessor: (key) => store.keys.hasSuccessor(key),
    },
    executors: {
      bound: (organizationId, name) =>
        executors.get(`${organizationId} ${name}`, () => store.executors.bound(organizationId, name)),
    },
    nodes: {
      ofExecutor: (executorId) => nodes.get(executorId, () => store.nodes.ofExecutor(executorId)),
    },
  };
}

/** Keeps values until it forgets them all. Missing ones are read again every time. */
class Memory<Value> {
  /** Resolved promises: each sync asks for several values, and a new promise costs memory. */
  private kept = new Map<string, Promise<Value>>();

  /** The value that is kept under `id`, or what `read` resolves to. */
  get<Found extends Value | undefined>(id: string, read: () => Promise<Found>): Promise<Value | Found> {
    return this.kept.get(id) ?? this.read(id, read);
  }

  private async read<Found extends Value | undefined>(
    id: string,
    read: () => Promise<Found>,
  ): Promise<Value | Found> {
    // A slow read that began before `forget` ends up in the map that was dropped.
    const { kept } = this;
    const value = await read();
    if (value === undefined) {
      return value;
    }
    if (kept.size >= MAX_KEPT) {
      kept.clear();
    }
    kept.set(id, Promise.resolve(value));
    return value;
  }

  forget(): void {
    this.kept = new Map();
  }
}
