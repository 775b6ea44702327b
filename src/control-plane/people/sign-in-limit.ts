const WINDOW_MS = 15 * 60_000;
/** Failures in a window. An address may be a whole office behind one NAT; an account may be attacked from many. */
const MAX_OF_PAIR = 5;
const MAX_OF_ACCOUNT = 25;
const MAX_OF_ADDRESS = 50;
/** Whoever invents accounts gets no more of our memory than this. */
const MAX_REMEMBERED = 20_000;

export type Attempt =
  | { readonly kind: "allowed"; succeeded(): void }
  | { readonly kind: "limited"; readonly retryAfterSeconds: number };

/**
 * Counts failed sign-ins, in memory. Every attempt counts until it has succeeded, so that a thousand at once are no way
 * around. An account and an address together are held sooner than either alone: somebody else's guesses do not easily
 * keep the owner of the account out.
 */
export class SignInLimit {
  private readonly attempts = new Map<string, readonly number[]>();
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  /** How much is remembered. */
  get size(): number {
    return this.attempts.size;
  }

  /** `account` in any spelling, whether it exists or not. */
  begin(account: string, address: string): Attempt {
    const at = this.now();
    const name = account.trim().toLowerCase().slice(0, 320);
    const limits: readonly (readonly [subject: string, most: number])[] = [
      [`pair ${name} ${address}`, MAX_OF_PAIR],
      [`account ${name}`, MAX_OF_ACCOUNT],
      [`address ${address}`, MAX_OF_ADDRESS],
    ];
    const waits = limits.map(([subject, most]) => this.waitMs(subject, most, at));
    const waitMs = Math.max(...waits);
    if (waitMs > 0) return { kind: "limited", retryAfterSeconds: Math.ceil(waitMs / 1000) };
    for (const [subject] of limits) this.remember(subject, [...this.recent(subject, at), at]);
    return { kind: "allowed", succeeded: () => this.forget(limits, at) };
  }

  private waitMs(subject: string, most: number, at: number): number {
    const oldest = this.recent(subject, at).at(-most);
    return oldest === undefined ? 0 : oldest + WINDOW_MS - at;
  }

  private recent(subject: string, at: number): readonly number[] {
    return (this.attempts.get(subject) ?? []).filter((time) => time > at - WINDOW_MS && time <= at);
  }

  /** The pair starts anew, and the attempt itself never happened. */
  private forget(limits: readonly (readonly [string, number])[], at: number): void {
    for (const [subject, most] of limits) {
      const times = this.attempts.get(subject) ?? [];
      const index = times.indexOf(at);
      this.remember(subject, most === MAX_OF_PAIR || index < 0 ? [] : times.toSpliced(index, 1));
    }
  }

  private remember(subject: string, times: readonly number[]): void {
    this.attempts.delete(subject);
    if (times.length === 0) return;
    this.attempts.set(subject, times);
    if (this.attempts.size <= MAX_REMEMBERED) return;
    for (const oldest of this.attempts.keys()) {
      this.attempts.delete(oldest);
      break;
    }
  }
}
