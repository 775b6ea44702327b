import type { Logger } from "pino";
import { printable } from "../../lib/printable.ts";
import type { ExecutorRecord } from "../store/contract/executors.ts";
import type { ExecutorReference } from "../store/contract/references.ts";
import { DuplicateDetector, type ExecutorInstance } from "./duplicates.ts";

interface Present {
  readonly executor: ExecutorReference;
  readonly instances: DuplicateDetector;
  /** For people: the wall clock's, epoch ms. */
  lastSyncAt: number;
  /** The latest that it has been: what the store has and is no later came from here. */
  latestSyncAt: number;
  /** Monotonic. */
  seenAt: number;
  hasDuplicates: boolean;
}

/**
 * Which executors are here, in memory: what the store knows some seconds later, and the events that
 * go with it. An executor is online while its last sync is younger than the heartbeat timeout, by a
 * clock that nobody can set.
 */
export class Presence {
  private readonly present = new Map<string, Present>();
  /** `latestSyncAt` of each that has left. */
  private readonly departed = new Map<string, number>();
  readonly timeoutMs: number;
  private readonly logger: Logger;
  private readonly monotonicNow: () => number;

  constructor(timeoutMs: number, logger: Logger, monotonicNow: () => number) {
    this.timeoutMs = timeoutMs;
    this.logger = logger;
    this.monotonicNow = monotonicNow;
  }

  /**
   * After a start: those that synced with the process before this one, so that their silence is
   * noticed too. `now` is the wall clock's; a sync that is later was noted before the clock was set
   * back, and counts as made just now.
   */
  expect(executors: readonly ExecutorRecord[], now: number): void {
    for (const executor of executors) {
      const lastSyncAt = executor.lastSyncAt ?? 0;
      this.enter(executor, lastSyncAt, this.monotonicNow() - Math.max(0, now - lastSyncAt));
    }
  }

  /** Notes a sync; `isNew` where it created the executor. Returns the duplicates of the instance that made it. */
  sync(executor: ExecutorReference, instance: ExecutorInstance, isNew: boolean): readonly ExecutorInstance[] {
    const now = this.monotonicNow();
    const before = this.present.get(executor.id);
    const isHere = before !== undefined && !this.leavesWhenSilent(before, now);
    const entry = isHere ? before : this.enter(executor, instance.lastSyncAt, now);
    if (!isHere) {
      this.announceArrival(executor, instance, isNew);
    }
    entry.lastSyncAt = instance.lastSyncAt;
    entry.latestSyncAt = Math.max(entry.latestSyncAt, instance.lastSyncAt);
    entry.seenAt = now;
    const duplicates = entry.instances.sync(instance, now);
    this.announceDuplicates(entry);
    return duplicates;
  }

  /** How many executors are online, to within one sweep. */
  get count(): number {
    return this.present.size;
  }

  /** The later of what the store has and what this process has seen. */
  lastSyncAt(executor: Pick<ExecutorRecord, "id" | "lastSyncAt">): number | null {
    const here = this.present.get(executor.id)?.lastSyncAt;
    return here === undefined ? executor.lastSyncAt : Math.max(here, executor.lastSyncAt ?? here);
  }

  /**
   * `now` is the wall clock's: what another control plane on this database has noted is known by
   * its date alone.
   */
  isOnline({ id, lastSyncAt }: Pick<ExecutorRecord, "id" | "lastSyncAt">, now: number): boolean {
    const here = this.present.get(id);
    if (here !== undefined && this.monotonicNow() - here.seenAt <= this.timeoutMs) {
      return true;
    }
    const known = here?.latestSyncAt ?? this.departed.get(id);
    if (lastSyncAt === null || (known !== undefined && lastSyncAt <= known)) {
      return false;
    }
    return lastSyncAt <= now && now - lastSyncAt <= this.timeoutMs;
  }

  instances(executorId: string): readonly ExecutorInstance[] {
    return this.present.get(executorId)?.instances.current(this.monotonicNow()) ?? [];
  }

  /** Of one that was deleted: its silence is no event. */
  forget(executorId: string): void {
    this.present.delete(executorId);
    this.departed.delete(executorId);
  }

  /** Lets those go that have been silent for longer than the timeout, each with one event. */
  sweep(): void {
    const now = this.monotonicNow();
    for (const entry of this.present.values()) {
      this.leavesWhenSilent(entry, now);
    }
  }

  private leavesWhenSilent({ executor, lastSyncAt, latestSyncAt, seenAt }: Present, now: number): boolean {
    if (now - seenAt <= this.timeoutMs) {
      return false;
    }
    this.present.delete(executor.id);
    this.departed.set(executor.id, latestSyncAt);
    this.logger.warn(
      {
        event: "executor.disconnected",
        executorId: executor.id,
        executor: printable(executor.name),
        lastSyncAt,
      },
      "executor is offline: it has been silent for longer than the heartbeat timeout; its nodes are left alone",
    );
    return true;
  }

  private enter(executor: ExecutorReference, lastSyncAt: number, seenAt: number): Present {
    const reference = { id: executor.id, name: executor.name };
    const entry: Present = {
      executor: reference,
      instances: new DuplicateDetector(this.timeoutMs),
      lastSyncAt,
      latestSyncAt: Math.max(lastSyncAt, this.departed.get(executor.id) ?? lastSyncAt),
      seenAt,
      hasDuplicates: false,
    };
    this.departed.delete(executor.id);
    this.present.set(executor.id, entry);
    return entry;
  }

  private announceArrival(executor: ExecutorReference, instance: ExecutorInstance, isNew: boolean): void {
    this.logger.info(
      {
        event: isNew ? "executor.connected" : "executor.reconnected",
        executorId: executor.id,
        executor: printable(executor.name),
        hostName: printable(instance.hostName),
        address: instance.address,
      },
      isNew ? "a new executor connected" : "executor is online again",
    );
  }

  /**
   * Of the executor as a whole: an instance id that changes with each sync does not end it with
   * each.
   */
  private announceDuplicates(entry: Present): void {
    const duplicates = entry.instances.duplicates();
    const hasDuplicates = duplicates.length > 0;
    if (hasDuplicates === entry.hasDuplicates) {
      return;
    }
    entry.hasDuplicates = hasDuplicates;
    const fields = { executorId: entry.executor.id, executor: printable(entry.executor.name) };
    if (!hasDuplicates) {
      this.logger.info(
        { event: "executor.duplicate-gone", ...fields },
        "only one process syncs as this executor again",
      );
      return;
    }
    const hosts = duplicates.map(({ hostName, address }) => `${printable(hostName)} (${address ?? "?"})`);
    this.logger.warn(
      { event: "executor.duplicate", ...fields, hosts },
      "several processes sync as this executor at once, a cloned host perhaps: stop all but one, or rename them",
    );
  }
}
