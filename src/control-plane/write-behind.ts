import { setImmediate as nextTurn } from "node:timers/promises";
import type { Logger } from "pino";
import { errorChain } from "../lib/errors.ts";
import type { Activity, Store } from "./store.ts";

/** One transaction of 500 rows holds the event loop for about 6 ms; ten thousand at once, for 70 (measured). */
const CHUNK_SIZE = 500;
/** Visible within 5 s is promised (C2). */
const INTERVAL_MS = 1000;
/** While the store is down: as many executors and keys as a fleet has, twice over. */
const MAX_PENDING = 100_000;

export interface WriteBehind {
  /** From here on it writes once a second, until `stop`. */
  start(): void;
  note(activity: Activity): void;
  /** Writes all that was noted before the call; what the store would not take stays for the next time. */
  flush(): Promise<void>;
  /** The last flush; rejects with `StoreUnavailable` when it fails, since nobody will try again. */
  stop(): Promise<void>;
}

/** Collects what every sync leaves behind, the newest of a kind for each key and executor, and writes it once a second. */
export function createWriteBehind(store: Store, logger: Logger): WriteBehind {
  let pending = new Map<string, Activity>();
  let isFailing = false;
  let isTicking = false;
  let running: Promise<void> = Promise.resolve();

  function keep(id: string, activity: Activity): void {
    if (pending.size < MAX_PENDING || pending.has(id)) pending.set(id, activity);
  }

  async function write(): Promise<void> {
    const entries = [...pending];
    pending = new Map();
    while (entries.length > 0) {
      const chunk = entries.slice(0, CHUNK_SIZE);
      try {
        await store.transaction(async (transaction) => {
          for (const [, activity] of chunk) await transaction.record(activity);
        });
      } catch (error) {
        for (const [id, activity] of entries) if (!pending.has(id)) keep(id, activity);
        throw error;
      }
      entries.splice(0, CHUNK_SIZE);
      await nextTurn();
    }
  }

  function flush(): Promise<void> {
    const next = running.then(write);
    running = next.catch(() => undefined);
    return next;
  }

  async function tick(): Promise<void> {
    if (isTicking) return;
    isTicking = true;
    try {
      await flush();
      if (isFailing)
        logger.info({ event: "store.writes-resumed" }, "the store takes writes again; nothing was lost");
      isFailing = false;
    } catch (error) {
      if (!isFailing) {
        logger.error(
          { event: "store.writes-delayed", reason: errorChain(error) },
          "cannot write last uses and heartbeats; they are kept in memory and written when the store is back",
        );
      }
      isFailing = true;
    } finally {
      isTicking = false;
    }
  }

  let timer: NodeJS.Timeout | undefined;
  return {
    start() {
      timer = setInterval(tick, INTERVAL_MS);
    },
    note: (activity) => keep(identity(activity), activity),
    flush,
    async stop() {
      clearInterval(timer);
      await flush();
    },
  };
}

function identity(activity: Activity): string {
  switch (activity.kind) {
    case "key-used":
      return `key-used ${activity.keyId}`;
    case "synced":
      return `synced ${activity.executorId} ${activity.key.id}`;
    case "refused":
      return `refused ${activity.executorId}`;
  }
}
