import type { ActivityRecorder } from "./activity.ts";
import type { AuditReader, AuditWriter } from "./audit.ts";
import type { ExecutorLookup, ExecutorReader, ExecutorWriter } from "./executors.ts";
import type { KeyLookup, KeyReader, KeyWriter } from "./keys.ts";
import type { LookupChange } from "./lookup-changes.ts";
import type { NodeLookup, NodeReader, NodeWriter } from "./nodes.ts";
import type { OneTimeLinkReader, OneTimeLinkWriter } from "./one-time-links.ts";
import type { OrganizationReader, OrganizationWriter } from "./organizations.ts";
import type { PeopleReader, PeopleWriter } from "./people.ts";
import type { SignInDeviceReader, SignInDeviceWriter } from "./sign-in-devices.ts";
import type { SignInFailures } from "./sign-in-failures.ts";

/**
 * What the control plane must not lose, one interface for each subject. A consumer names those it
 * needs: a parameter of type `KeyReader`, or `{ keys: KeyReader; people: PeopleReader }`.
 *
 * Callers see records and never SQL, so that each engine has a store of its own. Every
 * method may reject with `StoreUnavailable`, and with no error of the engine. Reads outside a
 * transaction see only committed data. Times are milliseconds since the Unix epoch, and null means
 * "none" or "never". Callers refuse a text that has the character NUL: not every engine keeps one.
 */
interface StoreReader {
  readonly organizations: OrganizationReader;
  readonly keys: KeyReader;
  readonly executors: ExecutorReader;
  readonly nodes: NodeReader;
  readonly people: PeopleReader;
  readonly devices: SignInDeviceReader;
  readonly links: OneTimeLinkReader;
  readonly audit: AuditReader;
}

export interface StoreTransaction extends StoreReader, ActivityRecorder {
  readonly organizations: OrganizationWriter;
  readonly keys: KeyWriter;
  readonly executors: ExecutorWriter;
  readonly nodes: NodeWriter;
  readonly people: PeopleWriter;
  readonly devices: SignInDeviceWriter;
  readonly links: OneTimeLinkWriter;
  readonly audit: AuditWriter;
}

/** A consumer that changes keys alone asks for `Transactions<{ keys: KeyWriter }>`. */
export interface Transactions<Transaction = StoreTransaction> {
  /**
   * All of `work` or nothing: a rejection rolls back. Transactions run one after the other, also
   * those of other control planes, and once resolved, one survives a power cut. `work` awaits
   * nothing but the transaction it is given.
   */
  transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result>;
}

export interface Store extends StoreReader, Transactions, ActivityRecorder {
  /**
   * Changes with every commit, by any process, that may have changed what `keys.byHash()`,
   * `executors.bound()` or `nodes.ofExecutor()` return, except for what executors report. Equal
   * values mean that nothing has changed. What was committed before the call is in the value.
   */
  revision(): Promise<string>;
  /** Whether other control planes may use the database at the same time. */
  readonly isShared: boolean;
  /** Whether a read holds up this whole process until it is answered. */
  readonly isBlocking: boolean;
  /** Undefined: no other control plane uses the database, so this one may count in its memory. */
  readonly signInFailures: SignInFailures | undefined;
  /**
   * What was changed between two values that `revision()` returned, as far as it concerns the
   * answers of `SyncLookups`. Undefined: anything may have been.
   */
  changes(from: string, to: string): readonly LookupChange[] | undefined;
  /** Checks now whether the store's answers can be relied on. Undefined if they can. */
  problem(): StoreProblem | undefined;
  /** What could undo changes that were acknowledged, although the store answers. */
  risk(): StoreProblem | undefined;
  close(): Promise<void>;
}

/**
 * What every sync asks, first with its key. `executors.bound()` and `nodes.ofExecutor()` may answer
 * as of the last `keys.byHash()`: revision-cache.ts looks for changes only then.
 */
export interface SyncLookups {
  readonly keys: KeyLookup;
  readonly executors: ExecutorLookup;
  readonly nodes: NodeLookup;
}

/** For the operator. */
export interface StoreProblem {
  /** What happened. It names no host, path or user: `/readyz` shows it to anybody. */
  readonly reason: string;
  /** More of it, as whole sentences: for the log. */
  readonly detail?: string;
  /** What to do. */
  readonly remedy: string;
}

/**
 * The store cannot answer now (busy, disk full, I/O error, closed). Callers answer 503, never 401.
 */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
  private readonly findRemedy: () => string | undefined;

  /**
   * `message` is the reason, as in `StoreProblem`: callers may see it. `remedy` is asked only
   * when it is needed.
   */
  constructor(
    message: string,
    options: { readonly cause?: unknown; readonly remedy?: () => string | undefined } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.findRemedy = options.remedy ?? (() => undefined);
  }

  /**
   * Where it fails and what to do, as whole sentences: for the log and the operator, never for
   * another caller, because it names paths.
   */
  get remedy(): string | undefined {
    return this.findRemedy();
  }
}
