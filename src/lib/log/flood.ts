const MAX_REMEMBERED = 10_000;

/** How often each subject is let through. */
export interface FloodLimits {
  /** How many may come in quick succession. */
  readonly burst: number;
  /** The time per further one, ms. */
  readonly refillMs: number;
}

interface Bucket {
  readonly tokens: number;
  readonly at: number;
  readonly heldBack: number;
}

/**
 * Lets each subject through `burst` times, then once per `refillMs`, and counts what it holds back.
 * Remembers at most 10,000 subjects, because outsiders can invent them: it forgets the least
 * recently used. `now` is monotonic milliseconds.
 */
export class Flood {
  private readonly buckets = new Map<string, Bucket>();
  private readonly limits: FloodLimits;
  private readonly now: () => number;

  constructor(limits: FloodLimits, now: () => number) {
    this.limits = limits;
    this.now = now;
  }

  /**
   * How many of this subject were held back before this one; undefined to hold this one back too.
   */
  admit(subject: string): number | undefined {
    const { burst, refillMs } = this.limits;
    const at = this.now();
    const bucket = this.buckets.get(subject) ?? { tokens: burst, at, heldBack: 0 };
    const tokens = Math.min(burst, bucket.tokens + (at - bucket.at) / refillMs);
    const isAdmitted = tokens >= 1;
    this.remember(
      subject,
      isAdmitted ? { tokens: tokens - 1, at, heldBack: 0 } : { tokens, at, heldBack: bucket.heldBack + 1 },
    );
    return isAdmitted ? bucket.heldBack : undefined;
  }

  private remember(subject: string, bucket: Bucket): void {
    // Moves the subject to the end: a Map keeps the order of insertion.
    this.buckets.delete(subject);
    this.buckets.set(subject, bucket);
    if (this.buckets.size <= MAX_REMEMBERED) {
      return;
    }
    for (const oldest of this.buckets.keys()) {
      this.buckets.delete(oldest);
      break;
    }
  }
}
