import { setImmediate as nextTurn } from "node:timers/promises";
import type { Logger } from "pino";
import { errorChain } from "../../lib/errors.ts";
import type { Activity, ActivityRecorder } from "../store/contract/activity.ts";

/** One transaction of 500 rows holds the event loop for about 6 ms; ten thousand at once, for 70 (measured). */
const CHUNK_SIZE = 500;
const INTERVAL_MS = 1000;
/**
 * What fills more than one transaction is written every fourth time: neighbours that have come in by then share their
 * pages of the disk, and a row costs half (measured). Visible within 5 s is promised.
 */
const LARGE_EVERY = 4;
/** While the store is down: as many executors and keys as a fleet has, twice over. */
const MAX_PENDING = 100_000;

export interface WriteBehind {
  /** From here on it writes every second, or every four where there is much, until `stop`. */
  start(): void;
  note(activity: Activity): void;
  /** Writes all that was noted before the call; what the store would not take stays for the next time. */
  flush(): Promise<void>;
  /** The last flush; rejects with `StoreUnavailable` when it fails, since nobody will try again. */
  stop(): Promise<void>;
}

export function createWriteBehind(store: ActivityRecorder, logger: Logger): WriteBehind {
  return new BufferedActivity(store, logger);
}

/** Collects what every sync leaves behind, the newest of a kind for each key and executor, and writes it in time. */
class BufferedActivity implements WriteBehind {
  private readonly store: ActivityRecorder;
  private readonly logger: Logger;
  private pending = new Map<string, Activity>();
  private running: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private isTicking = false;
  /** Since the last write began. */
  private ticks = 0;
  private isFailing = false;

  constructor(store: ActivityRecorder, logger: Logger) {
    this.store = store;
    this.logger = logger;
  }

  start(): void {
    this.timer = setInterval(() => void this.tick(), INTERVAL_MS);
  }

  note(activity: Activity): void {
    this.keep(identity(activity), activity);
  }

  flush(): Promise<void> {
    const next = this.running.then(() => this.write());
    this.running = next.catch(() => undefined);
    return next;
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }

  private keep(id: string, activity: Activity): void {
    if (this.pending.size < MAX_PENDING || this.pending.has(id)) {
      this.pending.set(id, activity);
    }
  }

  private async write(): Promise<void> {
    const entries = inOrder(this.pending);
    this.pending = new Map();
    while (entries.length > 0) {
      const chunk = entries.slice(0, CHUNK_SIZE);
      try {
        await this.store.record(chunk.map(([, activity]) => activity));
      } catch (error) {
        // What was noted in the meantime is newer.
        for (const [id, activity] of entries) {
          if (!this.pending.has(id)) {
            this.keep(id, activity);
          }
        }
        throw error;
      }
      entries.splice(0, CHUNK_SIZE);
      await nextTurn();
    }
  }

  private async tick(): Promise<void> {
    this.ticks += 1;
    if (this.isTicking) {
      return;
    }
    if (this.pending.size > CHUNK_SIZE && this.ticks < LARGE_EVERY) {
      return;
    }
    this.ticks = 0;
    this.isTicking = true;
    try {
      await this.flush();
      this.noteWorking();
    } catch (error) {
      this.noteFailing(error);
    } finally {
      this.isTicking = false;
    }
  }

  private noteWorking(): void {
    if (!this.isFailing) {
      return;
    }
    this.isFailing = false;
    this.logger.info({ event: "store.writes-resumed" }, "the store takes writes again; nothing was lost");
  }

  private noteFailing(error: unknown): void {
    if (this.isFailing) {
      return;
    }
    this.isFailing = true;
    this.logger.error(
      { event: "store.writes-delayed", reason: errorChain(error) },
      "cannot write last uses and heartbeats; they are kept in memory and written when the store is back",
    );
  }
}

/** By kind and id: rows that lie together are written together. */
function inOrder(pending: ReadonlyMap<string, Activity>): [string, Activity][] {
  const entries: [string, Activity][] = [];
  for (const id of [...pending.keys()].sort()) {
    const activity = pending.get(id);
    if (activity !== undefined) {
      entries.push([id, activity]);
    }
  }
  return entries;
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
