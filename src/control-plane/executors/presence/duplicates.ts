import type { ExecutorProcess } from "../../../protocol/sync.ts";
import type { HeartbeatTimeout } from "../pace/sync-pace.ts";

/** A process that syncs as an executor. */
export interface ExecutorInstance {
  readonly instanceId: string;
  readonly hostName: string;
  readonly address: string | null;
  /** Wall clock, epoch ms. Shown to people. */
  readonly lastSyncAt: number;
  /** Null if it is older, and does not say. */
  readonly process: ExecutorProcess | null;
}

interface Seen extends ExecutorInstance {
  readonly seenAt: number;
  /** Of its first sync. Wall clock, epoch ms. */
  readonly firstSyncAt: number;
  /** Whether it has synced with this control plane. */
  readonly isHere: boolean;
  readonly firstTurn: number;
  readonly lastTurn: number;
}

/** The clocks of two control planes may differ by that much, ms. */
const CLOCK_TOLERANCE_MS = 2000;
/** More than any accident makes. Bounds memory when an attacker invents instance ids. */
const MAX_INSTANCES = 16;

/** A process that has signed off. */
interface Left {
  readonly instanceId: string;
  readonly at: number;
}

/**
 * Watches the processes that sync under one executor's name. A process that has been silent for
 * the heartbeat timeout is forgotten.
 *
 * Two processes are duplicates if they take turns: the older one syncs again after the newer one's
 * first sync. A restart never looks like this, because the old process has stopped by then. What it
 * sent before it signed off may still arrive later, and does not count.
 *
 * `now` is always monotonic, in milliseconds.
 */
export class DuplicateDetector {
  private seen: readonly Seen[] = [];
  private left: readonly Left[] = [];
  private turn = 0;
  private readonly timeout: HeartbeatTimeout;

  constructor(timeout: HeartbeatTimeout) {
    this.timeout = timeout;
  }

  /** Notes a sync. Returns the duplicates of the instance that made it. */
  sync(instance: ExecutorInstance, now: number): readonly ExecutorInstance[] {
    this.note(instance, now, true);
    return this.duplicatesOf(instance.instanceId);
  }

  /**
   * Notes the last sync of a process, which may have been with another control plane, and may be
   * known already. One that was silent since the process here began was replaced by it.
   */
  heardElsewhere(instance: ExecutorInstance, now: number): void {
    const here = this.seen.findLast(({ isHere }) => isHere);
    if (here === undefined || this.hasLeft(instance.instanceId, now)) {
      return;
    }
    const isOther = instance.instanceId !== here.instanceId;
    if (isOther && instance.lastSyncAt <= here.firstSyncAt + CLOCK_TOLERANCE_MS) {
      return;
    }
    const known = this.find(instance.instanceId);
    if (known === undefined || known.lastSyncAt < instance.lastSyncAt) {
      this.note(instance, now, known?.isHere ?? false);
    }
  }

  private note(instance: ExecutorInstance, now: number, isHere: boolean): void {
    this.forgetSilent(now);
    this.turn += 1;
    const known = this.find(instance.instanceId);
    const others = this.seen.filter((seen) => seen !== known);
    const seen = {
      ...instance,
      seenAt: now,
      firstSyncAt: known?.firstSyncAt ?? instance.lastSyncAt,
      isHere,
      firstTurn: known?.firstTurn ?? this.turn,
      lastTurn: this.turn,
    };
    this.seen = [...others, seen].slice(-MAX_INSTANCES);
  }

  /** Forgets an instance that has stopped. Returns whether it was known. */
  leave(instanceId: string, now: number): boolean {
    this.forgetSilent(now);
    const before = this.seen.length;
    this.seen = this.seen.filter((seen) => seen.instanceId !== instanceId);
    const wasKnown = this.seen.length < before;
    if (wasKnown) {
      this.left = [...this.left, { instanceId, at: now }].slice(-MAX_INSTANCES);
    }
    return wasKnown;
  }

  /** Whether the instance stopped within the heartbeat timeout, so that its syncs are late. */
  hasLeft(instanceId: string, now: number): boolean {
    return this.left.some(
      (left) => left.instanceId === instanceId && now - left.at <= this.timeout.timeoutMs,
    );
  }

  get isEmpty(): boolean {
    return this.seen.length === 0;
  }

  /** The instance that synced last, and all that have a duplicate. Newest first. */
  current(now: number): readonly ExecutorInstance[] {
    this.forgetSilent(now);
    const latest = this.seen.at(-1);
    return this.seen
      .filter((seen) => seen === latest || this.hasDuplicate(seen))
      .map(instanceOf)
      .reverse();
  }

  /** All instances that have a duplicate, as of the last sync. Newest first. */
  duplicates(): readonly ExecutorInstance[] {
    // Nearly all executors have one instance.
    if (this.seen.length < 2) {
      return [];
    }
    return this.seen
      .filter((seen) => this.hasDuplicate(seen))
      .map(instanceOf)
      .reverse();
  }

  private hasDuplicate(seen: Seen): boolean {
    return this.seen.some((other) => other !== seen && takesTurns(seen, other));
  }

  private duplicatesOf(instanceId: string): readonly ExecutorInstance[] {
    const self = this.find(instanceId);
    return self === undefined
      ? []
      : this.seen.filter((other) => other !== self && takesTurns(self, other)).map(instanceOf);
  }

  private find(instanceId: string): Seen | undefined {
    return this.seen.find((seen) => seen.instanceId === instanceId);
  }

  private forgetSilent(now: number): void {
    this.seen = this.seen.filter((seen) => now - seen.seenAt <= this.timeout.timeoutMs);
  }
}

function takesTurns(one: Seen, other: Seen): boolean {
  const [older, newer] = one.firstTurn < other.firstTurn ? [one, other] : [other, one];
  return older.lastTurn > newer.firstTurn;
}

function instanceOf({ instanceId, hostName, address, lastSyncAt, process }: Seen): ExecutorInstance {
  return { instanceId, hostName, address, lastSyncAt, process };
}
