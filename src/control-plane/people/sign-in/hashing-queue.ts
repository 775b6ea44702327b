import { ApiError, ApiErrorCode } from "../../api-error.ts";

/** Who asks for a password to be hashed. */
export type Place =
  /** The local operator or the program itself: never refused, always next. */
  | { readonly kind: "operator" }
  /** A device that has signed in to this account before. */
  | { readonly kind: "device"; readonly id: string }
  | { readonly kind: "network"; readonly network: string };

interface HashingQueueOptions {
  /** How many hashes run at the same time. */
  readonly slots: number;
  /** How many requests may wait. Half of the places are reserved for devices. */
  readonly places: number;
}

interface Waiting {
  readonly subject: string;
  readonly rank: number;
  readonly isGone: () => boolean;
  readonly enter: () => void;
  readonly leave: () => void;
}

const RANKS = { operator: 0, device: 1, network: 2 } as const;

/**
 * Limits how many passwords are hashed at once, because one hash costs as much CPU time as a
 * hundred other requests. Few run and few wait: at most one per network or device waits. All others
 * are told to retry later, so that outsiders cannot make the queue longer.
 */
export class HashingQueue {
  private readonly options: HashingQueueOptions;
  private waiting: readonly Waiting[] = [];
  private working = 0;
  private wasDevice = false;

  constructor(options: HashingQueueOptions) {
    this.options = options;
  }

  /** How many requests wait, including those of clients that have gone away. */
  get length(): number {
    return this.waiting.length;
  }

  /**
   * Runs `work` when its turn comes. Rejects with an ApiError (503) if no place is free, or if
   * `isGone` reports that the client has gone away: its place is then free for the next request.
   */
  async run<Result>(place: Place, work: () => Promise<Result>, isGone = isHere): Promise<Result> {
    await this.turn(place, isGone);
    try {
      return await work();
    } finally {
      this.next();
    }
  }

  private async turn(place: Place, isGone: () => boolean): Promise<void> {
    if (isGone()) {
      throw hasGone();
    }
    if (this.working < this.options.slots) {
      this.working += 1;
      this.noteTurn(RANKS[place.kind]);
      return;
    }
    this.dropGone();
    const subject = subjectOf(place);
    if (!this.hasPlaceFor(place, subject)) {
      throw isFull();
    }
    await new Promise<void>((resolve, reject) => {
      this.insert({
        subject,
        rank: RANKS[place.kind],
        isGone,
        enter: resolve,
        leave: () => reject(hasGone()),
      });
    });
  }

  private hasPlaceFor(place: Place, subject: string): boolean {
    if (place.kind === "operator") {
      return true;
    }
    if (this.waiting.some((waiting) => waiting.subject === subject)) {
      return false;
    }
    const strangers = this.waiting.filter(({ rank }) => rank === RANKS.network).length;
    const { places } = this.options;
    return this.waiting.length < places && (place.kind === "device" || strangers < places / 2);
  }

  private insert(waiting: Waiting): void {
    const behind = this.waiting.findIndex(({ rank }) => rank > waiting.rank);
    this.waiting = this.waiting.toSpliced(behind < 0 ? this.waiting.length : behind, 0, waiting);
  }

  private dropGone(): void {
    for (const waiting of this.waiting) {
      if (waiting.isGone()) {
        waiting.leave();
      }
    }
    this.waiting = this.waiting.filter((waiting) => !waiting.isGone());
  }

  private next(): void {
    this.dropGone();
    const next = this.nextWaiting();
    this.waiting = this.waiting.filter((waiting) => waiting !== next);
    if (next === undefined) {
      this.working -= 1;
      return;
    }
    this.noteTurn(next.rank);
    next.enter();
  }

  /**
   * Devices and networks alternate, so that many sign-ins on devices cannot block everyone else.
   */
  private nextWaiting(): Waiting | undefined {
    const [first] = this.waiting;
    if (first?.rank !== RANKS.device || !this.wasDevice) {
      return first;
    }
    return this.waiting.find(({ rank }) => rank === RANKS.network) ?? first;
  }

  private noteTurn(rank: number): void {
    if (rank !== RANKS.operator) {
      this.wasDevice = rank === RANKS.device;
    }
  }
}

function isHere(): boolean {
  return false;
}

function subjectOf(place: Place): string {
  switch (place.kind) {
    case "operator":
      return "operator";
    case "device":
      return `device ${place.id}`;
    case "network":
      return `network ${place.network}`;
  }
}

function isFull(): ApiError {
  return new ApiError(
    ApiErrorCode.overloaded,
    "too many passwords are being checked at the moment: try again in a few seconds",
  );
}

function hasGone(): ApiError {
  return new ApiError(ApiErrorCode.unavailable, "the client went away before its turn");
}
