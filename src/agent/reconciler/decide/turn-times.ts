/** The next turn while something starts or stops, ms, for a while after it was asked for. */
const SOON_MS = 500;
const SOON_FOR_MS = 20_000;
/** After a process has ended: for 2 s systemd says how, and at first it may not know yet, ms. */
const END_FOR_MS = 2500;
/**
 * The longest until the next turn while something starts or stops, or while systemd waits before it
 * starts a process again, ms. Whatever the interval is, nothing is called starting that runs.
 */
const UNSETTLED_MS = 5000;

/** What a turn has done and seen. */
export interface Turned {
  readonly hasActed: boolean;
  /** Something starts or stops. */
  readonly isMoving: boolean;
  /** systemd waits before it starts a process again. */
  readonly isWaiting: boolean;
}

/** Decides when the next turn is due. Times are monotonic, ms. */
export class TurnTimes {
  #soonUntil: number;
  #endsUntil = Number.NEGATIVE_INFINITY;

  constructor(now: number) {
    this.#soonUntil = now + SOON_FOR_MS;
  }

  /** The last process of a unit has ended. */
  ended(now: number): void {
    this.#endsUntil = now + END_FOR_MS;
  }

  /** How long the next turn may wait, ms. */
  untilNext(now: number, intervalMs: number, { hasActed, isMoving, isWaiting }: Turned): number {
    if (hasActed) {
      this.#soonUntil = now + SOON_FOR_MS;
    }
    const isSoon = (now < this.#soonUntil && (hasActed || isMoving)) || now < this.#endsUntil;
    const most = isMoving || isWaiting ? Math.min(UNSETTLED_MS, intervalMs) : intervalMs;
    return isSoon ? Math.min(SOON_MS, most) : most;
  }
}
