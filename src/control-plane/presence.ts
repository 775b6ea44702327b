import type { Logger } from "pino";
import { printable } from "../lib/printable.ts";
import { type ExecutorInstance, Instances } from "./instances.ts";
import type { ExecutorRecord, ExecutorReference } from "./store.ts";

interface Present {
  readonly executor: ExecutorReference;
  readonly instances: Instances;
  lastSyncAt: number;
  hasDuplicates: boolean;
}

/**
 * Which executors are here, in memory: what the store knows some seconds later, and the events that go with it. An
 * executor is online while its last sync is younger than the heartbeat timeout (C4).
 */
export class Presence {
  private readonly present = new Map<string, Present>();
  readonly timeoutMs: number;
  private readonly logger: Logger;

  constructor(timeoutMs: number, logger: Logger) {
    this.timeoutMs = timeoutMs;
    this.logger = logger;
  }

  /** After a start: those that synced with the process before this one, so that their silence is noticed too. */
  expect(executors: readonly ExecutorRecord[]): void {
    for (const executor of executors) this.enter(executor, executor.lastSyncAt ?? 0);
  }

  /** Notes a sync; `isNew` where it created the executor. Returns the duplicates of the instance that made it. */
  sync(executor: ExecutorReference, instance: ExecutorInstance, isNew: boolean): readonly ExecutorInstance[] {
    const before = this.present.get(executor.id);
    const isHere = before !== undefined && !this.leavesWhenSilent(before, instance.lastSyncAt);
    const entry = isHere ? before : this.enter(executor, instance.lastSyncAt);
    if (!isHere) this.announceArrival(executor, instance, isNew);
    entry.lastSyncAt = instance.lastSyncAt;
    const duplicates = entry.instances.sync(instance);
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

  isOnline(executor: Pick<ExecutorRecord, "id" | "lastSyncAt">, now: number): boolean {
    const lastSyncAt = this.lastSyncAt(executor);
    return lastSyncAt !== null && now - lastSyncAt <= this.timeoutMs;
  }

  instances(executorId: string, now: number): readonly ExecutorInstance[] {
    return this.present.get(executorId)?.instances.current(now) ?? [];
  }

  /** Of one that was deleted: its silence is no event. */
  forget(executorId: string): void {
    this.present.delete(executorId);
  }

  /** Lets those go that have been silent for longer than the timeout, each with one event. */
  sweep(now: number): void {
    for (const entry of this.present.values()) this.leavesWhenSilent(entry, now);
  }

  private leavesWhenSilent({ executor, lastSyncAt }: Present, now: number): boolean {
    if (now - lastSyncAt <= this.timeoutMs) return false;
    this.present.delete(executor.id);
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

  private enter(executor: ExecutorReference, lastSyncAt: number): Present {
    const reference = { id: executor.id, name: executor.name };
    const entry: Present = {
      executor: reference,
      instances: new Instances(this.timeoutMs),
      lastSyncAt,
      hasDuplicates: false,
    };
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

  /** Of the executor as a whole: whoever changes its instance id with each sync does not end it with each, too. */
  private announceDuplicates(entry: Present): void {
    const duplicates = entry.instances.duplicates();
    const hasDuplicates = duplicates.length > 0;
    if (hasDuplicates === entry.hasDuplicates) return;
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
