const WINDOW_MS = 15 * 60_000;
/**
 * Failures in a window. A network may be a whole office behind one NAT; an account may be attacked
 * from many.
 */
const MAX_OF_PAIR = 5;
const MAX_OF_ACCOUNT = 25;
const MAX_OF_NETWORK = 50;
const MAX_OF_DEVICE = 5;
/** Strangers who invent accounts get no more of our memory than this. */
const MAX_REMEMBERED = 20_000;

export type Attempt =
  | {
      readonly kind: "allowed";
      succeeded(): void;
      /** It was not judged: it counts for nothing. */
      withdrawn(): void;
    }
  | { readonly kind: "limited"; readonly retryAfterSeconds: number };

interface Subject {
  readonly name: string;
  readonly most: number;
  /** Whether a success is the end of all that failed before it. */
  readonly startsAnew: boolean;
}

/**
 * Counts attempts that failed, in memory. Every attempt counts until it has succeeded, so that a
 * thousand at once are no way around. An account and a network together are held sooner than either
 * alone: somebody else's guesses do not easily keep the owner of the account out, and never on a
 * device that the owner has signed in with before.
 */
export class SignInLimit {
  private readonly open = new Map<string, readonly number[]>();
  /** Those that have reached their limit: the last to be forgotten where memory is short. */
  private readonly held = new Map<string, readonly number[]>();
  private readonly now: () => number;

  /** `now` must never step back (lib/clock.ts). */
  constructor(now: () => number) {
    this.now = now;
  }

  /** How much is remembered. */
  get size(): number {
    return this.open.size + this.held.size;
  }

  /**
   * `account`: what is guessed at, in any spelling, whether it exists or not. `network`: see
   * ip-address.ts.
   */
  begin(account: string, network: string): Attempt {
    const name = account.trim().toLowerCase();
    return this.beginFor([
      { name: `pair ${name} ${network}`, most: MAX_OF_PAIR, startsAnew: true },
      { name: `account ${name}`, most: MAX_OF_ACCOUNT, startsAnew: false },
      { name: `network ${network}`, most: MAX_OF_NETWORK, startsAnew: false },
    ]);
  }

  /** From a device that has signed in to the account before: only its own failures hold it. */
  beginOnDevice(id: string): Attempt {
    return this.beginFor([{ name: `device ${id}`, most: MAX_OF_DEVICE, startsAnew: true }]);
  }

  private beginFor(subjects: readonly Subject[]): Attempt {
    const at = this.now();
    const waitMs = Math.max(...subjects.map((subject) => this.waitMs(subject, at)));
    if (waitMs > 0) {
      return { kind: "limited", retryAfterSeconds: Math.ceil(waitMs / 1000) };
    }
    for (const subject of subjects) {
      this.remember(subject, [...this.recent(subject, at), at], at);
    }
    return {
      kind: "allowed",
      succeeded: () => this.forget(subjects, at, true),
      withdrawn: () => this.forget(subjects, at, false),
    };
  }

  private waitMs(subject: Subject, at: number): number {
    const oldest = this.recent(subject, at).at(-subject.most);
    return oldest === undefined ? 0 : oldest + WINDOW_MS - at;
  }

  private recent({ name }: Subject, at: number): readonly number[] {
    return this.timesOf(name).filter((time) => time > at - WINDOW_MS);
  }

  private timesOf(name: string): readonly number[] {
    return this.held.get(name) ?? this.open.get(name) ?? [];
  }

  /** The attempt itself never happened. */
  private forget(subjects: readonly Subject[], at: number, hasSucceeded: boolean): void {
    for (const subject of subjects) {
      const times = this.timesOf(subject.name);
      const index = times.indexOf(at);
      const left = index < 0 ? times : times.toSpliced(index, 1);
      this.remember(subject, hasSucceeded && subject.startsAnew ? [] : left, this.now());
    }
  }

  private remember({ name, most }: Subject, times: readonly number[], at: number): void {
    this.open.delete(name);
    this.held.delete(name);
    if (times.length === 0) {
      return;
    }
    (times.length < most ? this.open : this.held).set(name, times);
    if (this.size > MAX_REMEMBERED) {
      this.forgetOne(at);
    }
  }

  /** The oldest that is not held any more, else the oldest that never was, else the oldest. */
  private forgetOne(at: number): void {
    const [oldestHeld] = this.held;
    const [oldestOpen] = this.open.keys();
    const isOver = (oldestHeld?.[1].at(-1) ?? at) <= at - WINDOW_MS;
    if (oldestHeld !== undefined && (isOver || oldestOpen === undefined)) {
      this.held.delete(oldestHeld[0]);
    } else if (oldestOpen !== undefined) {
      this.open.delete(oldestOpen);
    }
  }
}
