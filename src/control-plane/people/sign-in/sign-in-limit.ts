import {
  FAILURE_WINDOW_MS,
  type FoundFailures,
  type KeptFailures,
  type SignInFailures,
} from "../../store/contract/sign-in-failures.ts";
import { StoreUnavailable } from "../../store/contract/store.ts";

/**
 * Failures allowed in a window. A network may be an office behind one NAT, and one account may be
 * attacked from many networks.
 */
const MAX_OF_PAIR = 5;
const MAX_OF_ACCOUNT = 25;
const MAX_OF_NETWORK = 50;
const MAX_OF_DEVICE = 5;

export interface Limited {
  readonly kind: "limited";
  readonly retryAfterSeconds: number;
}

export type Attempt =
  | {
      readonly kind: "allowed";
      /** It stays counted if the database fails. */
      succeeded(): Promise<void>;
      /** It was neither accepted nor refused: it does not count, unless the database fails. */
      withdrawn(): Promise<void>;
    }
  | Limited;

/**
 * Its methods reject with `StoreUnavailable` if the failures are in a database that does not
 * answer.
 */
export interface Limit {
  begin(): Promise<Attempt>;
  /** What `begin()` would answer if it is blocked. Counts nothing. */
  blocked(): Promise<Limited | undefined>;
}

interface Subject {
  readonly name: string;
  readonly most: number;
  /** Whether a success clears the failures before it. */
  readonly startsAnew: boolean;
}

/**
 * Limits failed attempts. An attempt counts from its beginning until it succeeds, so that a
 * thousand at the same time do not get around the limit. The pair of an account and a network is
 * blocked sooner than either alone, so that guesses from elsewhere rarely block the account's
 * owner. They never block a device on which the owner has signed in before.
 */
export class SignInLimit {
  private readonly failures: SignInFailures;

  constructor(failures: SignInFailures) {
    this.failures = failures;
  }

  /**
   * `account` is what the attempt is for, in any spelling, whether it exists or not: an e-mail
   * address, a person's id or an invitation's. `network` comes from ip-address.ts.
   */
  of(account: string, network: string): Limit {
    const name = account.trim().toLowerCase();
    return this.limitOf([
      { name: `pair ${name} ${network}`, most: MAX_OF_PAIR, startsAnew: true },
      { name: `account ${name}`, most: MAX_OF_ACCOUNT, startsAnew: false },
      { name: `network ${network}`, most: MAX_OF_NETWORK, startsAnew: false },
    ]);
  }

  /** For a device that has signed in to the account before: only its own failures block it. */
  ofDevice(id: string): Limit {
    return this.limitOf([{ name: `device ${id}`, most: MAX_OF_DEVICE, startsAnew: true }]);
  }

  private limitOf(subjects: readonly Subject[]): Limit {
    return {
      begin: () => this.begin(subjects),
      blocked: async () => limitedFor(subjects, await this.failures.find(namesOf(subjects))),
    };
  }

  private async begin(subjects: readonly Subject[]): Promise<Attempt> {
    let at = 0;
    let limited: Limited | undefined;
    await this.failures.change(namesOf(subjects), (found) => {
      at = found.now;
      limited = limitedFor(subjects, found);
      const recent = recentTimes(found);
      return limited === undefined
        ? subjects.map((subject, n) => kept(subject, [...(recent[n] ?? []), at]))
        : undefined;
    });
    return limited ?? this.allowed(subjects, at);
  }

  private allowed(subjects: readonly Subject[], at: number): Attempt {
    return {
      kind: "allowed",
      succeeded: () => this.forget(subjects, at, true),
      withdrawn: () => this.forget(subjects, at, false),
    };
  }

  /** Takes the attempt back. A success also clears the earlier failures of the pair or device. */
  private async forget(subjects: readonly Subject[], at: number, hasSucceeded: boolean): Promise<void> {
    try {
      await this.failures.change(namesOf(subjects), ({ times }) =>
        subjects.map((subject, n) =>
          kept(subject, hasSucceeded && subject.startsAnew ? [] : without(times[n] ?? [], at)),
        ),
      );
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) {
        throw error;
      }
    }
  }
}

function limitedFor(subjects: readonly Subject[], found: FoundFailures): Limited | undefined {
  const recent = recentTimes(found);
  const waitMs = Math.max(...subjects.map((subject, n) => waitOf(subject, recent[n] ?? [], found.now)));
  return waitMs > 0 ? { kind: "limited", retryAfterSeconds: Math.ceil(waitMs / 1000) } : undefined;
}

function namesOf(subjects: readonly Subject[]): readonly string[] {
  return subjects.map(({ name }) => name);
}

/** A database's clock may have been set back: a time far ahead of it does not count for longer. */
function recentTimes({ now, times }: FoundFailures): readonly (readonly number[])[] {
  return times.map((each) => each.filter((time) => Math.abs(now - time) < FAILURE_WINDOW_MS));
}

function waitOf({ most }: Subject, recent: readonly number[], at: number): number {
  const oldest = recent.at(-most);
  return oldest === undefined ? 0 : oldest + FAILURE_WINDOW_MS - at;
}

function kept({ name, most }: Subject, times: readonly number[]): KeptFailures {
  return { subject: name, times, isBlocked: times.length >= most };
}

function without(times: readonly number[], at: number): readonly number[] {
  const index = times.indexOf(at);
  return index < 0 ? times : times.toSpliced(index, 1);
}
