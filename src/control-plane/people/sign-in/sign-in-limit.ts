const WINDOW_MS = 15 * 60_000;
/**
 * Failures allowed in a window. A network may be an office behind one NAT, and one account may be
 * attacked from many networks.
 */
const MAX_OF_PAIR = 5;
const MAX_OF_ACCOUNT = 25;
const MAX_OF_NETWORK = 50;
const MAX_OF_DEVICE = 5;
/** Bounds memory when an attacker invents account names. */
const MAX_REMEMBERED = 20_000;

export type Attempt =
  | {
      readonly kind: "allowed";
      succeeded(): void;
      /** The attempt was neither accepted nor refused: it does not count. */
      withdrawn(): void;
    }
  | { readonly kind: "limited"; readonly retryAfterSeconds: number };

interface Subject {
  readonly name: string;
  readonly most: number;
  /** Whether a success clears the failures before it. */
  readonly startsAnew: boolean;
}

/**
 * Counts failed attempts, in memory. An attempt counts from its beginning until it succeeds, so
 * that a thousand at the same time do not get around the limit. The pair of an account and a
 * network is blocked sooner than either alone, so that guesses from elsewhere rarely block the
 * account's owner. They never block a device on which the owner has signed in before.
 */
export class SignInLimit {
  private readonly open = new Map<string, readonly number[]>();
  /** Subjects that have reached their limit. They are forgotten last when memory is full. */
  private readonly held = new Map<string, readonly number[]>();
  private readonly now: () => number;

  /** `now` is monotonic milliseconds. */
  constructor(now: () => number) {
    this.now = now;
  }

  /** How many accounts, networks, pairs and devices are remembered. */
  get size(): number {
    return this.open.size + this.held.size;
  }

  /**
   * `account` is what the attempt is for, in any spelling, whether it exists or not: an e-mail
   * address, a person's id or an invitation's. `network` comes from ip-address.ts.
   */
  begin(account: string, network: string): Attempt {
    const name = account.trim().toLowerCase();
    return this.beginFor([
      { name: `pair ${name} ${network}`, most: MAX_OF_PAIR, startsAnew: true },
      { name: `account ${name}`, most: MAX_OF_ACCOUNT, startsAnew: false },
      { name: `network ${network}`, most: MAX_OF_NETWORK, startsAnew: false },
    ]);
  }

  /** For a device that has signed in to the account before: only its own failures block it. */
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

  /** Takes the attempt back. A success also clears the earlier failures of the pair or device. */
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
      this.forgetOne(name, at);
    }
  }

  /**
   * Forgets the oldest blocked subject if its block is over, otherwise the oldest that is below its
   * limit, otherwise the oldest. Never the one that was just added: with a memory full of blocked
   * ones, its failures would not count at all.
   */
  private forgetOne(added: string, at: number): void {
    const [oldestHeld] = this.held;
    const [first] = this.open.keys();
    const oldestOpen = first === added ? undefined : first;
    const isOver = (oldestHeld?.[1].at(-1) ?? at) <= at - WINDOW_MS;
    if (oldestHeld !== undefined && (isOver || oldestOpen === undefined)) {
      this.held.delete(oldestHeld[0]);
    } else if (oldestOpen !== undefined) {
      this.open.delete(oldestOpen);
    }
  }
}
