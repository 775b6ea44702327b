import { type StoreTransaction, StoreUnavailable } from "../contract/store.ts";
import { PostgresActivityRecorder } from "./activity/activity.ts";
import { PostgresAuditWriter } from "./audit.ts";
import { WRITE_LOCK } from "./connection/locks.ts";
import type { ConnectionPool } from "./connection/pool.ts";
import type { Runner } from "./connection/statements.ts";
import { PostgresExecutorWriter } from "./executors.ts";
import { PostgresKeyWriter } from "./keys.ts";
import { PostgresNodeWriter } from "./nodes.ts";
import { PostgresOrganizationWriter } from "./organizations.ts";
import { PostgresPeopleWriter } from "./people.ts";
import { PostgresOneTimeLinks } from "./sign-in/one-time-links.ts";
import { PostgresSignInDevices } from "./sign-in/sign-in-devices.ts";

const MAX_QUEUED = 2000;

/**
 * A role or a database may be set to acknowledge before the disk has it. The lock makes the
 * transactions of all control planes run one after the other, so that what a transaction has read
 * is true until it ends.
 */
const BEGIN = `begin;
  select set_config('synchronous_commit', 'on', true) where current_setting('synchronous_commit') = 'off';
  select pg_advisory_xact_lock(${WRITE_LOCK})`;

/** Runs transactions, one after the other: also those of other control planes on this database. */
export class PostgresTransactions {
  private readonly pool: ConnectionPool;
  private tail: Promise<unknown> = Promise.resolve();
  private queued = 0;

  constructor(pool: ConnectionPool) {
    this.pool = pool;
  }

  run<Result>(work: (transaction: StoreTransaction) => Promise<Result>): Promise<Result> {
    return this.inLine((runner) => work(transactionOn(runner)));
  }

  /** As `run()`, one statement. */
  async runScript(text: string): Promise<void> {
    await this.inLine((runner) => runner.query(text, []));
  }

  /** In line, so that those which wait for the lock leave connections to the readers. */
  private async inLine<Result>(work: (runner: Runner) => Promise<Result>): Promise<Result> {
    if (this.queued >= MAX_QUEUED) {
      throw new StoreUnavailable("too many changes are waiting for the database");
    }
    this.queued += 1;
    const result = this.tail.then(() => this.pool.transaction(BEGIN, work));
    this.tail = Promise.allSettled([result]);
    try {
      return await result;
    } finally {
      this.queued -= 1;
    }
  }

  /** Resolves once every transaction that was started has ended. */
  async finished(): Promise<void> {
    await this.tail;
  }
}

function transactionOn(runner: Runner): StoreTransaction {
  const activity = new PostgresActivityRecorder(runner);
  return {
    organizations: new PostgresOrganizationWriter(runner),
    keys: new PostgresKeyWriter(runner),
    executors: new PostgresExecutorWriter(runner),
    nodes: new PostgresNodeWriter(runner),
    people: new PostgresPeopleWriter(runner),
    devices: new PostgresSignInDevices(runner),
    links: new PostgresOneTimeLinks(runner),
    audit: new PostgresAuditWriter(runner),
    record: (activities) => activity.record(activities),
  };
}
