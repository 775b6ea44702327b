import { createHmac, hkdfSync } from "node:crypto";
import type { FoundFailures, KeptFailures, SignInFailures } from "../../store/contract/sign-in-failures.ts";

const KEY_BYTES = 32;

/**
 * Failures that all control planes on a database count together, of one limit. The database gets a
 * keyed hash of each subject: people type passwords where the account belongs.
 */
export class KeyedFailures implements SignInFailures {
  private readonly failures: SignInFailures;
  private readonly limit: string;
  private readonly key: Buffer;

  /** `limit` keeps the subjects of limits apart. All control planes have the same `secret`. */
  constructor(failures: SignInFailures, limit: string, secret: string) {
    this.failures = failures;
    this.limit = limit;
    this.key = Buffer.from(hkdfSync("sha256", secret, "", "novacula sign-in failures", KEY_BYTES));
  }

  find(subjects: readonly string[]): Promise<FoundFailures> {
    return this.failures.find(subjects.map((subject) => this.hashOf(subject)));
  }

  change(
    subjects: readonly string[],
    decide: (found: FoundFailures) => readonly KeptFailures[] | undefined,
  ): Promise<void> {
    const hashes = subjects.map((subject) => this.hashOf(subject));
    return this.failures.change(hashes, (found) =>
      decide(found)?.map((kept) => ({ ...kept, subject: this.hashOf(kept.subject) })),
    );
  }

  private hashOf(subject: string): string {
    return createHmac("sha256", this.key).update(`${this.limit} ${subject}`).digest("base64url");
  }
}
