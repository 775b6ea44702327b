import type { DatabaseSync, StatementSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { type StoreTransaction, StoreUnavailable } from "../contract/store.ts";
import { integer } from "../rows/row.ts";
import { SqliteActivityRecorder } from "./activity.ts";
import { SqliteAuditWriter } from "./audit.ts";
import { SqliteExecutorWriter } from "./executors.ts";
import { SqliteKeyWriter } from "./keys.ts";
import { SqliteNodeWriter } from "./nodes.ts";
import { SqliteOrganizationWriter } from "./organizations.ts";
import { SqlitePeopleWriter } from "./people.ts";
import { asStoreError, isBusy } from "./rows/unavailable.ts";
import { SqliteOneTimeLinks } from "./sign-in/one-time-links.ts";
import { SqliteSignInDevices } from "./sign-in/sign-in-devices.ts";

/** What a transaction survives: a power cut, or only the end of the process. */
type Durability = "power-cut" | "crash";

/** How long a transaction waits for that of another process before it is `StoreUnavailable`. */
const BUSY_LIMIT_MS = 2000;
const BUSY_PAUSE_MS = 20;
const MAX_QUEUED = 2000;

/** Runs transactions on the writing connection, one after the other. */
export class SqliteTransactions {
  private readonly writer: DatabaseSync;
  private readonly requireInPlace: () => void;
  private readonly transaction: StoreTransaction;
  private readonly dataVersion: StatementSync;
  private tail: Promise<unknown> = Promise.resolve();
  private queued = 0;
  private durability: Durability = "power-cut";
  /** Counts this process's transactions, except activity writes. */
  private count = 0;

  /** `requireInPlace` throws `StoreUnavailable` if the database file was replaced. */
  constructor(writer: DatabaseSync, requireInPlace: () => void) {
    this.writer = writer;
    this.requireInPlace = requireInPlace;
    this.transaction = transactionOn(writer);
    // Changes with commits of other connections, not with this one's own (sqlite.org/pragma.html).
    this.dataVersion = writer.prepare("pragma data_version");
  }

  async run<Result>(
    work: (transaction: StoreTransaction) => Promise<Result>,
    durability: Durability,
  ): Promise<Result> {
    if (this.queued >= MAX_QUEUED) {
      throw new StoreUnavailable("too many changes are waiting for the database");
    }
    const deadline = performance.now() + BUSY_LIMIT_MS;
    this.queued += 1;
    const result = this.tail.then(() => this.runNow(work, deadline, durability));
    this.tail = Promise.allSettled([result]);
    try {
      return await result;
    } finally {
      this.queued -= 1;
    }
  }

  /** See `Store.revision()`. */
  revision(): string {
    try {
      return `${this.count} ${integer(this.dataVersion.get() ?? {}, "data_version")}`;
    } catch (error) {
      throw asStoreError(error, this.writer);
    }
  }

  /** Resolves once every transaction that was started has ended. */
  async finished(): Promise<void> {
    await this.tail;
  }

  private async runNow<Result>(
    work: (transaction: StoreTransaction) => Promise<Result>,
    deadline: number,
    durability: Durability,
  ): Promise<Result> {
    this.requireInPlace();
    await this.begin(deadline, durability);
    try {
      const result = await work(this.transaction);
      this.requireInPlace();
      this.writer.exec("commit");
      // Nothing is acknowledged that is not in the file that the next start opens.
      this.requireInPlace();
      return result;
    } catch (error) {
      this.rollBack();
      throw asStoreError(error, this.writer);
    } finally {
      if (durability === "power-cut") {
        this.count += 1;
      }
    }
  }

  private async begin(deadline: number, durability: Durability): Promise<void> {
    for (;;) {
      try {
        this.setDurability(durability);
        return this.writer.exec("begin immediate");
      } catch (error) {
        if (!isBusy(error) || performance.now() >= deadline) {
          throw asStoreError(error, this.writer);
        }
      }
      await pause(BUSY_PAUSE_MS);
    }
  }

  /**
   * Activity does not wait for the disk: the next transaction that must survive a power cut, or a
   * checkpoint, syncs it too.
   */
  private setDurability(durability: Durability): void {
    if (durability === this.durability) {
      return;
    }
    this.writer.exec(`pragma synchronous = ${durability === "crash" ? "normal" : "full"}`);
    this.durability = durability;
  }

  /** Does nothing if SQLite has rolled back by itself (disk full) or the connection is closed. */
  private rollBack(): void {
    if (this.writer.isOpen && this.writer.isTransaction) {
      this.writer.exec("rollback");
    }
  }
}

function transactionOn(writer: DatabaseSync): StoreTransaction {
  const activity = new SqliteActivityRecorder(writer);
  return {
    organizations: new SqliteOrganizationWriter(writer),
    keys: new SqliteKeyWriter(writer),
    executors: new SqliteExecutorWriter(writer),
    nodes: new SqliteNodeWriter(writer),
    people: new SqlitePeopleWriter(writer),
    devices: new SqliteSignInDevices(writer),
    links: new SqliteOneTimeLinks(writer),
    audit: new SqliteAuditWriter(writer),
    record: (activities) => activity.record(activities),
  };
}
