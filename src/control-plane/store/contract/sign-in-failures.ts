/** What failed: a name that its caller makes of an account, a network or a device. */
export interface KeptFailures {
  readonly subject: string;
  /** When, oldest first. None: the subject is forgotten. */
  readonly times: readonly number[];
  /** Whether it has as many as it may have: those are forgotten last. */
  readonly isBlocked: boolean;
}

export interface FoundFailures {
  /** The time on the clock that all of `times` are of, in milliseconds. Its zero has no meaning. */
  readonly now: number;
  /** Of each subject, in the order in which they were asked for. */
  readonly times: readonly (readonly number[])[];
}

/** Failures expire after that: they may be forgotten then. */
export const FAILURE_WINDOW_MS = 15 * 60_000;
/** Names that outsiders invent must not fill memory or disk. */
export const MAX_FAILED_SUBJECTS = 20_000;

/**
 * Remembers when attempts failed, of about `MAX_FAILED_SUBJECTS` subjects. If there are more, it
 * forgets first what has expired, then the oldest that are not blocked, then the oldest.
 */
export interface SignInFailures {
  /** What is remembered of them now. It may have changed by the time that it is used. */
  find(subjects: readonly string[]): Promise<FoundFailures>;
  /**
   * Runs `decide` on what is remembered and keeps what it returns, which is about the same
   * subjects; undefined changes nothing. Nobody else changes them in between.
   */
  change(
    subjects: readonly string[],
    decide: (found: FoundFailures) => readonly KeptFailures[] | undefined,
  ): Promise<void>;
}
