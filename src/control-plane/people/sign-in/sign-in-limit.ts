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

export type Attempt =
  | {
      readonly kind: "allowed";
      /** It stays counted if the database fails. */
      succeeded(): Promise<void>;
      /** It was neither accepted nor refused: it does not count, unless the database fails. */
      withdrawn(): Promise<void>;
    }
  | { readonly kind: "limited"; readonly retryAfterSeconds: number };

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
   * address, a person's id or an invitation's. `network` comes from ip-address.ts. Rejects with
   * `StoreUnavailable` if the failures are in a database that does not answer.
   */
  begin(account: string, network: string): Promise<Attempt> {
    const name = account.trim().toLowerCase();
    return this.beginFor([
      { name: `pair ${name} ${network}`, most: MAX_OF_PAIR, startsAnew: true },
      { name: `account ${name}`, most: MAX_OF_ACCOUNT, startsAnew: false },
      { name: `network ${network}`, most: MAX_OF_NETWORK, startsAnew: false },
    ]);
  }

  /** For a device that has signed in to the account before: only its own failures block it. */
  beginOnDevice(id: string): Promise<Attempt> {
    return this.beginFor([{ name: `device ${id}`, most: MAX_OF_DEVICE, startsAnew: true }]);
  }

  private async beginFor(subjects: readonly Subject[]): Promise<Attempt> {
    let at = 0;
    let waitMs = 0;
    await this.failures.change(namesOf(subjects), (found) => {
      at = found.now;
      const recent = recentTimes(found);
      waitMs = Math.max(...subjects.map((subject, n) => waitOf(subject, recent[n] ?? [], at)));
      return waitMs > 0 ? undefined : subjects.map((subject, n) => kept(subject, [...(recent[n] ?? []), at]));
    });
    if (waitMs > 0) {
      return { kind: "limited", retryAfterSeconds: Math.ceil(waitMs / 1000) };
    }
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
