import { setImmediate as nextTurn } from "node:timers/promises";
import { errorChain } from "../../lib/errors.ts";
import type { Logger } from "../log/logger.ts";
import type { Activity, ActivityRecorder } from "../store/contract/activity.ts";
import type { NewTransition } from "../store/contract/executors.ts";
import { StoreUnavailable } from "../store/contract/store.ts";

/**
 * A transaction of 500 rows blocks the event loop for about 6 ms, one of 10,000 for 70 (measured).
 */
const CHUNK_SIZE = 500;
const INTERVAL_MS = 1000;
/**
 * More than one transaction's worth is written at every fourth tick only: more rows then share a
 * page on disk, which halves the cost of a row (measured). It is promised to be visible within 5 s.
 */
const LARGE_EVERY = 4;
/** Of one executor between two writes. It takes the heartbeat timeout to make two. */
const MAX_MOVES = 20;
/** Kept while the store is down: twice as many executors and keys as a large fleet has. */
const MAX_PENDING = 100_000;

/** Collects what syncs leave behind, and writes it to the store in batches. */
export interface ActivityWriter {
  /** Starts to write every second, or every four seconds if there is much to write. */
  start(): void;
  note(activity: Activity): void;
  /** Writes everything noted so far. If the store fails, the rest is kept for the next flush. */
  flush(): Promise<void>;
  /** Flushes once more. Rejects with `StoreUnavailable` if that fails, since no retry follows. */
  stop(): Promise<void>;
  /** Why nothing can be written at the moment. */
  readonly problem: string | undefined;
  /** How many activities wait to be written. */
  readonly pendingCount: number;
}

export function createActivityWriter(recorder: ActivityRecorder, logger: Logger): ActivityWriter {
  return new BufferedActivity(recorder, logger);
}

/**
 * Keeps the newest activity of each kind for each key and executor, and merges reports about nodes.
 */
class BufferedActivity implements ActivityWriter {
  private readonly recorder: ActivityRecorder;
  private readonly logger: Logger;
  private pending = new Map<string, Activity>();
  private running: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private isTicking = false;
  /** Ticks since the last write began. */
  private ticks = 0;
  problem: string | undefined;

  constructor(recorder: ActivityRecorder, logger: Logger) {
    this.recorder = recorder;
    this.logger = logger;
  }

  get pendingCount(): number {
    return this.pending.size;
  }

  start(): void {
    this.timer = setInterval(() => void this.tick(), INTERVAL_MS);
  }

  note(activity: Activity): void {
    this.keep(identity(activity), activity);
    if (activity.kind === "synced") {
      this.showUse(activity.key.id, activity.at);
    }
  }

  /** The request of a sync has noted the use of its key right before. */
  private showUse(keyId: string, at: number): void {
    const id = identity({ kind: "key-used", keyId, at });
    const use = this.pending.get(id);
    if (use?.kind === "key-used" && use.at <= at) {
      this.pending.set(id, { ...use, isShown: true });
    }
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
    const older = this.pending.get(id);
    if (older !== undefined) {
      this.pending.set(id, merged(older, activity));
    } else if (this.pending.size < MAX_PENDING) {
      this.pending.set(id, activity);
    }
  }

  private async write(): Promise<void> {
    const entries = inOrder(this.pending);
    this.pending = new Map();
    while (entries.length > 0) {
      const chunk = entries.slice(0, CHUNK_SIZE);
      try {
        await this.recorder.record(chunk.map(([, activity]) => activity));
      } catch (error) {
        for (const [id, activity] of entries) {
          const newer = this.pending.get(id);
          this.pending.delete(id);
          this.keep(id, newer === undefined ? activity : merged(activity, newer));
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
    if (this.problem === undefined) {
      return;
    }
    this.problem = undefined;
    this.logger.info(
      { event: "store.writes-resumed" },
      "The database accepts writes again. Nothing was lost.",
    );
  }

  private noteFailing(error: unknown): void {
    const isNew = this.problem === undefined;
    this.problem = error instanceof Error ? error.message : "the database fails";
    if (!isNew) {
      return;
    }
    this.logger.error(
      { event: "store.writes-delayed", reason: errorChain(error) },
      `Last uses and heartbeats stay in memory, because they cannot be written: ${errorChain(error)}. ` +
        `They are written once the database accepts writes again.${remedyOf(error)}`,
    );
  }
}

function remedyOf(error: unknown): string {
  const remedy = error instanceof StoreUnavailable ? error.remedy : undefined;
  return remedy === undefined ? "" : ` ${remedy}`;
}

/** Sorted by kind and id, so that rows stored together are written together. */
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
    case "key-refused":
      return `key-refused ${activity.keyId}`;
    case "stopped":
      return `stopped ${activity.executorId}`;
    case "moved":
      return `moved ${activity.executorId}`;
    case "started":
      return "started";
    case "nodes-reported":
      return `nodes-reported ${activity.executorId}`;
  }
}

export function moved(executorId: string, transition: NewTransition): Activity {
  return { kind: "moved", executorId, transitions: [transition] };
}

/** What both say. A report about nodes observes only what has changed, unless it is whole. */
function merged(older: Activity, newer: Activity): Activity {
  if (older.kind === "moved" && newer.kind === "moved") {
    return { ...newer, transitions: [...older.transitions, ...newer.transitions].slice(-MAX_MOVES) };
  }
  if (older.kind !== "nodes-reported" || newer.kind !== "nodes-reported") {
    return newer;
  }
  const isSameHash = older.capabilitiesHash === newer.capabilitiesHash;
  return {
    ...newer,
    capabilities: newer.capabilities ?? (isSameHash ? older.capabilities : null),
    observed: newer.isWhole ? newer.observed : new Map([...older.observed, ...newer.observed]),
    isWhole: newer.isWhole || older.isWhole,
  };
}
