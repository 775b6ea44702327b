import type { Logger } from "../../log/logger.ts";
import type { ExecutorRecord, InstanceElsewhere } from "../../store/contract/executors.ts";
import type { ExecutorReference } from "../../store/contract/references.ts";
import type { HeartbeatTimeout } from "../pace/sync-pace.ts";
import { logDuplicates } from "./duplicate-log.ts";
import { DuplicateDetector, type ExecutorInstance } from "./duplicates.ts";
import type { PresenceLog } from "./presence-log.ts";

/** What the store knows of an executor's presence. */
type Seen = Pick<ExecutorRecord, "id" | "lastSyncAt" | "stoppedAt">;

interface Present {
  readonly executor: ExecutorReference;
  readonly instances: DuplicateDetector;
  /** By the wall clock, epoch ms, for people. */
  lastSyncAt: number;
  /**
   * The greatest `lastSyncAt` so far. A time in the store that is not later was written by this
   * process.
   */
  latestSyncAt: number;
  /** By the monotonic clock, ms. */
  seenAt: number;
  hasDuplicates: boolean;
  /** When its only process signed off, epoch ms; null: one syncs. */
  stoppedAt: number | null;
}

/** What is remembered of an executor that went offline. */
interface Departed {
  readonly latestSyncAt: number;
  readonly stoppedAt: number | null;
}

/**
 * Knows in memory which executors are online, some seconds before the store does, and logs when
 * that changes. An executor is online while its last sync is younger than the heartbeat timeout,
 * measured by the monotonic clock, which nobody can set.
 */
export class Presence {
  private readonly present = new Map<string, Present>();
  /** By the executor's id. */
  private readonly departed = new Map<string, Departed>();
  /** It grows with the fleet. */
  readonly timeout: HeartbeatTimeout;
  private readonly logger: Logger;
  private readonly monotonicNow: () => number;
  private readonly log: PresenceLog;

  /** `log` is told who came and who went. */
  constructor(timeout: HeartbeatTimeout, logger: Logger, monotonicNow: () => number, log: PresenceLog) {
    this.timeout = timeout;
    this.logger = logger;
    this.monotonicNow = monotonicNow;
    this.log = log;
  }

  /**
   * Adds the executors that synced with the process before this one, so that their silence is
   * noticed too. `now` is the wall clock, epoch ms. A sync later than `now` was recorded before the
   * clock was set back, and counts as just made.
   */
  expect(executors: readonly ExecutorRecord[], now: number): void {
    for (const executor of executors) {
      const lastSyncAt = executor.lastSyncAt ?? 0;
      if (executor.stoppedAt !== null && executor.stoppedAt >= lastSyncAt) {
        continue;
      }
      this.enter(executor, lastSyncAt, this.monotonicNow() - Math.max(0, now - lastSyncAt));
    }
  }

  /**
   * Notes a sync and returns the duplicates of the instance that made it. `isNew`: the sync created
   * the executor.
   */
  sync(executor: ExecutorReference, instance: ExecutorInstance, isNew: boolean): readonly ExecutorInstance[] {
    const now = this.monotonicNow();
    const before = this.present.get(executor.id);
    const isHere = before !== undefined && !this.leavesWhenSilent(before, now);
    const entry = isHere ? before : this.enter(executor, instance.lastSyncAt, now);
    if (!isHere) {
      this.log.arrived({ executor, instance, isNew });
    }
    entry.stoppedAt = null;
    entry.lastSyncAt = instance.lastSyncAt;
    entry.latestSyncAt = Math.max(entry.latestSyncAt, instance.lastSyncAt);
    entry.seenAt = now;
    const duplicates = entry.instances.sync(instance, now);
    this.announceDuplicates(entry);
    return duplicates;
  }

  /**
   * Notes that a process has stopped, and returns whether it was known. The executor is offline if
   * it was the only one. `at` is the wall clock, epoch ms.
   */
  signOff(executorId: string, instanceId: string, at: number): boolean {
    const entry = this.present.get(executorId);
    if (entry === undefined || !entry.instances.leave(instanceId, this.monotonicNow())) {
      return false;
    }
    if (entry.instances.isEmpty) {
      entry.stoppedAt = at;
    }
    this.announceDuplicates(entry);
    return true;
  }

  /** Whether a process has signed off a moment ago, so that a sync of it is late. */
  hasLeft(executorId: string, instanceId: string): boolean {
    return this.present.get(executorId)?.instances.hasLeft(instanceId, this.monotonicNow()) ?? false;
  }

  /** Notes what other control planes have heard of executors that sync here, too. Oldest first. */
  heardElsewhere(instances: readonly InstanceElsewhere[]): void {
    for (const { executorId, ...instance } of instances) {
      const entry = this.present.get(executorId);
      if (entry !== undefined) {
        entry.instances.heardElsewhere(instance, this.monotonicNow());
        this.announceDuplicates(entry);
      }
    }
  }

  /** Whether its only process has signed off. */
  hasStopped(executorId: string): boolean {
    return this.present.get(executorId)?.stoppedAt != null;
  }

  /** When its only process was stopped, epoch ms; null: it was not, or it syncs again. */
  stoppedAt(executor: Seen): number | null {
    const here = this.present.get(executor.id) ?? this.departed.get(executor.id);
    const { stoppedAt } = executor;
    const isStored = stoppedAt !== null && stoppedAt >= (this.lastSyncAt(executor) ?? 0);
    return here?.stoppedAt ?? (isStored ? stoppedAt : null);
  }

  /** How many executors are online, as of the last sweep. */
  get count(): number {
    return this.present.size;
  }

  /** The later of the times that the store and this process know, epoch ms. */
  lastSyncAt(executor: Pick<ExecutorRecord, "id" | "lastSyncAt">): number | null {
    const here = this.present.get(executor.id)?.lastSyncAt;
    return here === undefined ? executor.lastSyncAt : Math.max(here, executor.lastSyncAt ?? here);
  }

  /**
   * `now` is the wall clock, epoch ms. It judges syncs that another process on this database wrote,
   * of which only the date is known.
   */
  isOnline({ id, lastSyncAt, stoppedAt }: Seen, now: number): boolean {
    const here = this.present.get(id);
    if (
      here !== undefined &&
      here.stoppedAt === null &&
      this.monotonicNow() - here.seenAt <= this.timeout.timeoutMs
    ) {
      return true;
    }
    const known = (here ?? this.departed.get(id))?.latestSyncAt;
    if (lastSyncAt === null || (known !== undefined && lastSyncAt <= known)) {
      return false;
    }
    const hasStopped = stoppedAt !== null && stoppedAt >= lastSyncAt;
    return !hasStopped && lastSyncAt <= now && now - lastSyncAt <= this.timeout.timeoutMs;
  }

  /** The executors that several processes sync as. */
  duplicateIds(): readonly string[] {
    return [...this.present.values()].filter((each) => each.hasDuplicates).map((each) => each.executor.id);
  }

  instances(executorId: string): readonly ExecutorInstance[] {
    return this.present.get(executorId)?.instances.current(this.monotonicNow()) ?? [];
  }

  /** Forgets a deleted executor, whose silence is no event. */
  forget(executorId: string): void {
    this.present.delete(executorId);
    this.departed.delete(executorId);
  }

  /**
   * Marks executors as offline that have been silent for longer than the timeout, and logs each.
   */
  sweep(): void {
    const now = this.monotonicNow();
    for (const entry of this.present.values()) {
      this.leavesWhenSilent(entry, now);
    }
  }

  private leavesWhenSilent(entry: Present, now: number): boolean {
    const { executor, lastSyncAt, latestSyncAt, seenAt, stoppedAt } = entry;
    if (now - seenAt <= this.timeout.timeoutMs) {
      return false;
    }
    this.present.delete(executor.id);
    this.departed.set(executor.id, { latestSyncAt, stoppedAt });
    this.log.departed({ executor, lastSyncAt, latestSyncAt, stoppedAt, timeoutMs: this.timeout.timeoutMs });
    return true;
  }

  private enter(executor: ExecutorReference, lastSyncAt: number, seenAt: number): Present {
    const reference = { id: executor.id, name: executor.name };
    const entry: Present = {
      executor: reference,
      instances: new DuplicateDetector(this.timeout),
      lastSyncAt,
      latestSyncAt: Math.max(lastSyncAt, this.departed.get(executor.id)?.latestSyncAt ?? lastSyncAt),
      seenAt,
      hasDuplicates: false,
      stoppedAt: null,
    };
    this.departed.delete(executor.id);
    this.present.set(executor.id, entry);
    return entry;
  }

  /**
   * Logs when the executor gets or loses duplicates as a whole. A process that changes its instance
   * id with each sync does not start and end the warning each time.
   */
  private announceDuplicates(entry: Present): void {
    const duplicates = entry.instances.duplicates();
    const hasDuplicates = duplicates.length > 0;
    if (hasDuplicates === entry.hasDuplicates) {
      return;
    }
    entry.hasDuplicates = hasDuplicates;
    logDuplicates(this.logger, entry.executor, duplicates);
  }
}
