import { DatabaseSync, type StatementSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { OperatorError } from "../../lib/errors.ts";
import {
  type Activity,
  type BoundExecutor,
  type PresentedKey,
  type Store,
  type StoreTransaction,
  StoreUnavailable,
} from "../store.ts";
import { betterAuthDialect } from "./better-auth-dialect.ts";
import { migrate } from "./migrations.ts";
import { SqlitePeopleReader } from "./people.ts";
import { SqliteReader } from "./reader.ts";
import { fingerprintOfHash } from "./records.ts";
import { defineRoleRepair } from "./role-repair.ts";
import { integer } from "./row.ts";
import { SqliteSignInDevices } from "./sign-in-devices.ts";
import { SqliteTransaction } from "./transaction.ts";
import { asStoreError, isBusy } from "./unavailable.ts";
import { Unchanged } from "./unchanged.ts";

/** What a transaction survives: everything, or the end of the process but not of the machine's power. */
type Durability = "power-cut" | "crash";

/** How long a transaction waits for another process's before it is `StoreUnavailable`. */
const BUSY_LIMIT_MS = 2000;
const BUSY_PAUSE_MS = 20;
const MIGRATION_LOCK_MS = 10_000;
const MAX_QUEUED = 2000;

/**
 * Opens, creates and migrates the database at `path`. Rejects with an OperatorError that names the path.
 *
 * Two connections: what a transaction has not committed yet is never read outside it. WAL, and synchronous=FULL where
 * it is written: what was acknowledged survives a power cut, and one fsync per transaction is what that costs
 * (write-behind.ts keeps transactions few).
 */
export function openSqliteStore(path: string): Store {
  try {
    const writer = new DatabaseSync(path, { timeout: MIGRATION_LOCK_MS, enableForeignKeyConstraints: true });
    defineFunctions(writer);
    defineRoleRepair(writer);
    writer.exec("pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on");
    // Beyond the reach of a second at 2,000 syncs: checkpoints.ts is sooner.
    writer.exec("pragma wal_autocheckpoint = 16384");
    migrate(writer);
    // From here on nobody waits inside SQLite: that would stop the whole process. BUSY comes back at once, see begin().
    writer.exec("pragma busy_timeout = 0");
    const reader = new DatabaseSync(path, { timeout: 0 });
    defineFunctions(reader);
    reader.exec("pragma query_only = on");
    return new SqliteStore(writer, reader);
  } catch (error) {
    throw new OperatorError(`cannot open the database ${path}`, { cause: error });
  }
}

/** What the statements use beside SQLite's own. */
export function defineFunctions(database: DatabaseSync): void {
  database.function("fingerprint", { deterministic: true }, (hash) => fingerprintOfHash(String(hash)));
}

class SqliteStore extends SqliteReader implements Store {
  readonly people: SqlitePeopleReader;
  readonly devices: SqliteSignInDevices;
  private readonly writer: DatabaseSync;
  private readonly reader: DatabaseSync;
  private readonly inTransaction: SqliteTransaction;
  private tail: Promise<unknown> = Promise.resolve();
  private queued = 0;
  private durability: Durability = "power-cut";
  /** Of this process, but for what is recorded of syncs. */
  private transactions = 0;
  private readonly dataVersion: StatementSync;
  private readonly keptKeys = new Unchanged<PresentedKey>(() => this.revision());
  private readonly keptExecutors = new Unchanged<BoundExecutor>(() => this.revision());

  constructor(writer: DatabaseSync, reader: DatabaseSync) {
    super(reader);
    this.people = new SqlitePeopleReader(reader);
    this.devices = new SqliteSignInDevices(reader);
    this.writer = writer;
    this.reader = reader;
    this.inTransaction = new SqliteTransaction(writer);
    // Of the writer: what other connections commit changes it, what its own does is counted (sqlite.org/pragma.html).
    this.dataVersion = writer.prepare("pragma data_version");
  }

  override async keyByHash(hash: string): Promise<PresentedKey | undefined> {
    return this.keptKeys.get(hash, () => super.keyByHash(hash));
  }

  override async boundExecutor(organizationId: string, name: string): Promise<BoundExecutor | undefined> {
    return this.keptExecutors.get(`${organizationId} ${name}`, () =>
      super.boundExecutor(organizationId, name),
    );
  }

  async record(activities: readonly Activity[]): Promise<void> {
    await this.enqueue((transaction) => transaction.record(activities), "crash");
  }

  transaction<Result>(work: (transaction: StoreTransaction) => Promise<Result>): Promise<Result> {
    return this.enqueue(work, "power-cut");
  }

  private async enqueue<Result>(
    work: (transaction: StoreTransaction) => Promise<Result>,
    durability: Durability,
  ): Promise<Result> {
    if (this.queued >= MAX_QUEUED)
      throw new StoreUnavailable("too many changes are waiting for the database");
    const deadline = performance.now() + BUSY_LIMIT_MS;
    this.queued += 1;
    const result = this.tail.then(() => this.runTransaction(work, deadline, durability));
    this.tail = result.then(noResult, noResult);
    try {
      return await result;
    } finally {
      this.queued -= 1;
    }
  }

  betterAuthDatabase() {
    const write = <Result>(work: (writer: DatabaseSync) => Result) =>
      this.transaction(async () => work(this.writer));
    return { dialect: betterAuthDialect({ reader: this.reader, write }), type: "sqlite" as const };
  }

  async close(): Promise<void> {
    await this.tail;
    if (this.reader.isOpen) this.reader.close();
    if (this.writer.isOpen) this.writer.close();
  }

  private async runTransaction<Result>(
    work: (transaction: StoreTransaction) => Promise<Result>,
    deadline: number,
    durability: Durability,
  ): Promise<Result> {
    await this.begin(deadline, durability);
    try {
      const result = await work(this.inTransaction);
      this.writer.exec("commit");
      return result;
    } catch (error) {
      this.rollBack();
      throw asStoreError(error);
    } finally {
      if (durability === "power-cut") this.transactions += 1;
    }
  }

  /** Differs after every commit, of this process or another, that may have changed a key or who is bound to it. */
  private revision(): string {
    try {
      return `${this.transactions} ${integer(this.dataVersion.get() ?? {}, "data_version")}`;
    } catch (error) {
      throw asStoreError(error);
    }
  }

  /** What is written behind waits for no disk: the next transaction that must endure takes it along, or a checkpoint. */
  private endure(durability: Durability): void {
    if (durability === this.durability) return;
    this.writer.exec(`pragma synchronous = ${durability === "crash" ? "normal" : "full"}`);
    this.durability = durability;
  }

  private async begin(deadline: number, durability: Durability): Promise<void> {
    for (;;) {
      try {
        this.endure(durability);
        return this.writer.exec("begin immediate");
      } catch (error) {
        if (!isBusy(error) || performance.now() >= deadline) throw asStoreError(error);
      }
      await pause(BUSY_PAUSE_MS);
    }
  }

  /** After a full disk SQLite has rolled back by itself; a closed connection has nothing to roll back. */
  private rollBack(): void {
    if (this.writer.isOpen && this.writer.isTransaction) this.writer.exec("rollback");
  }
}

function noResult(): void {}
