/** A process that syncs as an executor. */
export interface ExecutorInstance {
  readonly instanceId: string;
  readonly hostName: string;
  readonly address: string | null;
  /** For people: the wall clock's, epoch ms. */
  readonly lastSyncAt: number;
}

interface Seen extends ExecutorInstance {
  readonly seenAt: number;
  readonly firstTurn: number;
  readonly lastTurn: number;
}

/** More of them than any accident makes; whoever invents instance ids gets no more of our memory than this. */
const MAX_INSTANCES = 16;

/**
 * The processes that sync under one executor's name, each forgotten after a silence of `timeoutMs`.
 *
 * Two of them are duplicates when they take turns: the older one was seen again after the newer one's first sync. A
 * restart never looks like that, since the old process is silent from the new one's first sync on.
 *
 * `now` is monotonic milliseconds everywhere.
 */
export class Instances {
  private seen: readonly Seen[] = [];
  private turn = 0;
  private readonly timeoutMs: number;

  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs;
  }

  /** Notes a sync and returns the duplicates of the instance that made it. */
  sync(instance: ExecutorInstance, now: number): readonly ExecutorInstance[] {
    this.forgetSilent(now);
    this.turn += 1;
    const firstTurn = this.find(instance.instanceId)?.firstTurn ?? this.turn;
    const others = this.seen.filter((seen) => seen.instanceId !== instance.instanceId);
    this.seen = [...others, { ...instance, seenAt: now, firstTurn, lastTurn: this.turn }].slice(
      -MAX_INSTANCES,
    );
    return this.duplicatesOf(instance.instanceId);
  }

  /** The instance that synced last and all that have a duplicate; newest first. */
  current(now: number): readonly ExecutorInstance[] {
    this.forgetSilent(now);
    const latest = this.seen.at(-1);
    return this.seen
      .filter((seen) => seen === latest || this.hasDuplicate(seen))
      .map(published)
      .reverse();
  }

  /** All that have a duplicate, as of the last sync; newest first. */
  duplicates(): readonly ExecutorInstance[] {
    // What nearly all executors have is one.
    if (this.seen.length < 2) {
      return [];
    }
    return this.seen
      .filter((seen) => this.hasDuplicate(seen))
      .map(published)
      .reverse();
  }

  private hasDuplicate(seen: Seen): boolean {
    return this.seen.some((other) => other !== seen && takesTurns(seen, other));
  }

  private duplicatesOf(instanceId: string): readonly ExecutorInstance[] {
    const self = this.find(instanceId);
    return self === undefined
      ? []
      : this.seen.filter((other) => other !== self && takesTurns(self, other)).map(published);
  }

  private find(instanceId: string): Seen | undefined {
    return this.seen.find((seen) => seen.instanceId === instanceId);
  }

  private forgetSilent(now: number): void {
    this.seen = this.seen.filter((seen) => now - seen.seenAt <= this.timeoutMs);
  }
}

function takesTurns(one: Seen, other: Seen): boolean {
  const [older, newer] = one.firstTurn < other.firstTurn ? [one, other] : [other, one];
  return older.lastTurn > newer.firstTurn;
}

function published({ instanceId, hostName, address, lastSyncAt }: Seen): ExecutorInstance {
  return { instanceId, hostName, address, lastSyncAt };
}
