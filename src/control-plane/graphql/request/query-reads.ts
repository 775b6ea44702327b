import { badInput } from "../../api-error.ts";

/** Three times what the largest query of our own clients makes. */
const MAX_READS = 5000;
/** Of one turn of the event loop; a read costs 0.02 to 0.2 ms. */
const SLICE_MS = 2;

/**
 * The turns in which all queries of people read. The database answers at once and in this thread, so a query of lists in
 * lists would hold everybody else up for seconds: 2 ms of each turn of the event loop are theirs together, and syncs and
 * sign-ins come in between.
 */
export class ReadTurns {
  private readonly now: () => number;
  private waiting: (() => void)[] = [];
  private sliceEndsAt: number | undefined;

  /** `now`: monotonic milliseconds. */
  constructor(now: () => number) {
    this.now = now;
  }

  /** What `read` returns: at once where this turn has time left, else in a later one, in the order of the calls. */
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
    // Those that came meanwhile are behind the rest.
    this.waiting = waiting.slice(next);
  }
}

/** The reads of one query. */
export class QueryReads {
  private readonly turns: ReadTurns;
  private count = 0;

  constructor(turns: ReadTurns) {
    this.turns = turns;
  }

  /** `read` in its turn; BAD_USER_INPUT where the query reads more than 5,000 times. */
  take(read: () => unknown): unknown {
    this.count += 1;
    if (this.count > MAX_READS) {
      throw badInput(
        `the query reads more than ${MAX_READS} times: ask for fewer entries (limit), or for fewer lists of each`,
      );
    }
    return this.turns.take(read);
  }
}
