import {
  FAILURE_WINDOW_MS,
  type FoundFailures,
  type KeptFailures,
  MAX_FAILED_SUBJECTS,
  type SignInFailures,
} from "../../store/contract/sign-in-failures.ts";

/** Failures of this process alone, in its memory. */
export class MemoryFailures implements SignInFailures {
  private readonly open = new Map<string, readonly number[]>();
  /** Subjects that have reached their limit. They are forgotten last when memory is full. */
  private readonly blocked = new Map<string, readonly number[]>();
  private readonly now: () => number;

  /** `now` is monotonic milliseconds. */
  constructor(now: () => number) {
    this.now = now;
  }

  /** How many subjects are remembered. */
  get size(): number {
    return this.open.size + this.blocked.size;
  }

  async find(subjects: readonly string[]): Promise<FoundFailures> {
    return this.found(subjects);
  }

  async change(
    subjects: readonly string[],
    decide: (found: FoundFailures) => readonly KeptFailures[] | undefined,
  ): Promise<void> {
    const found = this.found(subjects);
    for (const kept of decide(found) ?? []) {
      this.keep(kept, found.now);
    }
  }

  private found(subjects: readonly string[]): FoundFailures {
    const times = subjects.map((subject) => this.blocked.get(subject) ?? this.open.get(subject) ?? []);
    return { now: this.now(), times };
  }

  private keep({ subject, times, isBlocked }: KeptFailures, now: number): void {
    this.open.delete(subject);
    this.blocked.delete(subject);
    if (times.length === 0) {
      return;
    }
    (isBlocked ? this.blocked : this.open).set(subject, times);
    if (this.size > MAX_FAILED_SUBJECTS) {
      this.forgetOne(subject, now);
    }
  }

  /**
   * Forgets the oldest blocked subject if its block is over, otherwise the oldest that is below its
   * limit, otherwise the oldest. Never the one that was just added: with a memory full of blocked
   * ones, its failures would not count at all.
   */
  private forgetOne(added: string, now: number): void {
    const [oldestBlocked] = this.blocked;
    const [first] = this.open.keys();
    const oldestOpen = first === added ? undefined : first;
    const isOver = (oldestBlocked?.[1].at(-1) ?? now) <= now - FAILURE_WINDOW_MS;
    if (oldestBlocked !== undefined && (isOver || oldestOpen === undefined)) {
      this.blocked.delete(oldestBlocked[0]);
    } else if (oldestOpen !== undefined) {
      this.open.delete(oldestOpen);
    }
  }
}
