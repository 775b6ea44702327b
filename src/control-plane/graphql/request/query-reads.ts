import { badInput } from "../../api-error.ts";

/** Three times the reads of the largest query of our own clients. */
const MAX_READS = 5000;
/** Reading time in each turn of the event loop. One read takes 0.02 to 0.2 ms. */
const SLICE_MS = 2;

/**
 * Limits how long the queries of people hold up everything else. SQLite answers synchronously in
 * this thread, so a query of lists within lists could block it for seconds. All queries together
 * may read for 2 ms in each turn of the event loop; syncs and sign-ins run in between.
 */
export class ReadTurns {
  private readonly now: () => number;
  private waiting: (() => void)[] = [];
  private sliceEndsAt: number | undefined;

  /** `now`: monotonic milliseconds. */
  constructor(now: () => number) {
    this.now = now;
  }

  /**
   * Runs `read` at once if this turn has time left, otherwise in a later turn, in order of the
   * calls.
   */
  take<Result>(read: () => Result): Result | Promise<Awaited<Result>> {
    if (this.waiting.length === 0 && this.hasTime()) {
      return read();
    }
    return new Promise<Awaited<Result>>((resolve, reject) => {
      this.waiting.push(() => {
        try {
          Promise.resolve(read()).then(resolve, reject);
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  private hasTime(): boolean {
    if (this.sliceEndsAt === undefined) {
      this.sliceEndsAt = this.now() + SLICE_MS;
      setImmediate(() => this.nextTurn());
    }
    return this.now() < this.sliceEndsAt;
  }

  private nextTurn(): void {
    this.sliceEndsAt = undefined;
    const waiting = this.waiting;
    let next = 0;
    while (next < waiting.length && this.hasTime()) {
      waiting[next++]?.();
    }
    // New reads have joined the end of the queue in this loop.
    this.waiting = waiting.slice(next);
  }
}

/** Counts the reads of one query. */
export class QueryReads {
  private readonly turns: ReadTurns | undefined;
  private count = 0;

  /** Without `turns` each read begins at once, so that a store can answer many together. */
  constructor(turns: ReadTurns | undefined) {
    this.turns = turns;
  }

  /** Runs `read`, in its turn. Throws BAD_USER_INPUT if the query reads too often. */
  take(read: () => unknown): unknown {
    this.count += 1;
    if (this.count > MAX_READS) {
      throw badInput(
        `the query reads more than ${MAX_READS} times: ask for fewer entries (limit), or for fewer lists in each entry`,
      );
    }
    return this.turns === undefined ? read() : this.turns.take(read);
  }
}
