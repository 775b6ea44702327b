import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import {
  type Activity,
  type BoundExecutor,
  type PresentedKey,
  type Store,
  type StoreProblem,
  type StoreTransaction,
  StoreUnavailable,
} from "../contract/store.ts";
import { DataVersion } from "./data-version.ts";
import { createIfMissing, DatabaseFile } from "./database-file.ts";
import { migrate, requireSchema } from "./migrations.ts";
import { betterAuthDialect } from "./people/better-auth-dialect.ts";
import { SqlitePeopleReader } from "./people/people.ts";
import { defineRoleRepair } from "./people/role-repair.ts";
import { SqliteSignInDevices } from "./people/sign-in-devices.ts";
import { SqliteReader } from "./reader.ts";
import { fingerprintOfHash } from "./rows/records.ts";
import { asStoreError, cannotOpen, DAMAGE_REMEDY, isBusy, isDamaged } from "./rows/unavailable.ts";
import { SqliteTransaction } from "./transaction.ts";
import { Unchanged } from "./unchanged.ts";

/** What a transaction survives: everything, or the end of the process but not of the machine's power. */
type Durability = "power-cut" | "crash";

/** How long a transaction waits for another process's before it is `StoreUnavailable`. */
const BUSY_LIMIT_MS = 2000;
const BUSY_PAUSE_MS = 20;
const MIGRATION_LOCK_MS = 10_000;
const MAX_QUEUED = 2000;

const REPLACED_REMEDY =
  "put the original back in its place, or restart the control plane to use what is there now; until then changes and " +
  "executors are answered 503";

/**
 * Opens, creates and migrates the database at `path`. Throws an OperatorError that names the path
 * and the way out.
 * `onCreated` is called where there was none.
 *
 * Two connections: what a transaction has not committed yet is never read outside it. WAL, and
 * synchronous=FULL where it is written: what was acknowledged survives a power cut, and one fsync
 * per transaction is what that costs (write-behind.ts keeps transactions few).
 */
export function openSqliteStore(path: string, onCreated: () => void = () => {}): Store {
  try {
    const isNew = createIfMissing(path);
    const file = new DatabaseFile(path);
    const writer = new DatabaseSync(path, { timeout: MIGRATION_LOCK_MS, enableForeignKeyConstraints: true });
    defineWriterFunctions(writer);
    writer.exec("pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on");
    // Beyond the reach of a second at 2,000 syncs: checkpoints.ts is sooner.
    writer.exec("pragma wal_autocheckpoint = 16384");
    migrate(writer);
    requireSchema(writer, newDatabase());
    // From here on nobody waits inside SQLite: that would stop the whole process. BUSY comes back at once, see begin().
    writer.exec("pragma busy_timeout = 0");
    const reader = new DatabaseSync(path, { timeout: 0 });
    defineFunctions(reader);
    reader.exec("pragma query_only = on");
    const store = new SqliteStore(writer, reader, file);
    file.opened();
    if (isNew) {
      onCreated();
    }
    return store;
  } catch (error) {
    throw cannotOpen(path, error);
  }
}

/** What this program makes where there is nothing. */
function newDatabase(): DatabaseSync {
  const database = new DatabaseSync(":memory:");
  defineWriterFunctions(database);
  migrate(database);
  return database;
}

/** What migrations use as well. */
function defineWriterFunctions(database: DatabaseSync): void {
  defineFunctions(database);
  defineRoleRepair(database);
}

/** What the statements use beside SQLite's own. */
export function defineFunctions(database: DatabaseSync): void {
  database.function("fingerprint", { deterministic: true }, (hash) => fingerprintOfHash(String(hash)));
  // SQLite's own lower() knows the letters of ASCII alone.
  database.function("contains", { deterministic: true }, (text, part) =>
    String(text).toLowerCase().includes(String(part).toLowerCase()) ? 1 : 0,
  );
}

class SqliteStore extends SqliteReader implements Store {
  readonly people: SqlitePeopleReader;
  readonly devices: SqliteSignInDevices;
  private readonly writer: DatabaseSync;
  private readonly reader: DatabaseSync;
  private readonly file: DatabaseFile;
  private readonly inTransaction: SqliteTransaction;
  private tail: Promise<unknown> = Promise.resolve();
  private queued = 0;
  private durability: Durability = "power-cut";
  private readonly dataVersion: DataVersion;
  private readonly keptKeys = new Unchanged<PresentedKey>();
  private readonly keptExecutors = new Unchanged<BoundExecutor>();

  constructor(writer: DatabaseSync, reader: DatabaseSync, file: DatabaseFile) {
    super(reader);
    this.people = new SqlitePeopleReader(reader);
    this.devices = new SqliteSignInDevices(reader);
    this.writer = writer;
    this.reader = reader;
    this.file = file;
    this.inTransaction = new SqliteTransaction(writer);
    this.dataVersion = new DataVersion(writer);
  }

  override async keyByHash(hash: string): Promise<PresentedKey | undefined> {
    this.requireInPlace();
    if (this.dataVersion.hasChanged()) {
      this.forget();
    }
    const key = await this.keptKeys.get(hash, () => super.keyByHash(hash));
    // In a damaged database it may be there all the same: nobody's good key is called unknown.
    if (key === undefined && this.isDamaged) {
      throw new StoreUnavailable("the database is damaged");
    }
    return key;
  }

  // Other processes' commits were looked for with the key: to look again for each sync would cost.
  override async boundExecutor(organizationId: string, name: string): Promise<BoundExecutor | undefined> {
    this.requireInPlace();
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
    if (this.queued >= MAX_QUEUED) {
      throw new StoreUnavailable("too many changes are waiting for the database");
    }
    const deadline = performance.now() + BUSY_LIMIT_MS;
    this.queued += 1;
    const result = this.tail.then(() => this.runTransaction(work, deadline, durability));
    this.tail = Promise.allSettled([result]);
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

  problem(): StoreProblem | undefined {
    const reason = this.file.look();
    if (reason !== undefined) {
      return { reason, remedy: REPLACED_REMEDY };
    }
    return this.isDamaged ? { reason: "the database is damaged", remedy: DAMAGE_REMEDY } : undefined;
  }

  private get isDamaged(): boolean {
    return isDamaged(this.writer) || isDamaged(this.reader);
  }

  /** As of the last look, which is a second old at most: a stat for each sync would cost. */
  private requireInPlace(): void {
    if (this.file.problem !== undefined) {
      throw new StoreUnavailable(this.file.problem);
    }
  }

  private lookInPlace(): void {
    this.file.look();
    this.requireInPlace();
  }

  async close(): Promise<void> {
    await this.tail;
    if (this.reader.isOpen) {
      this.reader.close();
    }
    if (this.writer.isOpen) {
      this.writer.close();
    }
  }

  private async runTransaction<Result>(
    work: (transaction: StoreTransaction) => Promise<Result>,
    deadline: number,
    durability: Durability,
  ): Promise<Result> {
    this.lookInPlace();
    await this.begin(deadline, durability);
    try {
      const result = await work(this.inTransaction);
      this.lookInPlace();
      this.writer.exec("commit");
      // What is acknowledged is in the file that the next start opens.
      this.lookInPlace();
      return result;
    } catch (error) {
      this.rollBack();
      throw asStoreError(error, this.writer);
    } finally {
      // What is recorded of syncs changes no key, and not who is bound to it.
      if (durability === "power-cut") {
        this.forget();
      }
    }
  }

  private forget(): void {
    this.keptKeys.forget();
    this.keptExecutors.forget();
  }

  /** What is written behind waits for no disk: the next transaction that must endure takes it along, or a checkpoint. */
  private endure(durability: Durability): void {
    if (durability === this.durability) {
      return;
    }
    this.writer.exec(`pragma synchronous = ${durability === "crash" ? "normal" : "full"}`);
    this.durability = durability;
  }

  private async begin(deadline: number, durability: Durability): Promise<void> {
    for (;;) {
      try {
        this.endure(durability);
        return this.writer.exec("begin immediate");
      } catch (error) {
        if (!isBusy(error) || performance.now() >= deadline) {
          throw asStoreError(error, this.writer);
        }
      }
      await pause(BUSY_PAUSE_MS);
    }
  }

  /** After a full disk SQLite has rolled back by itself; a closed connection has nothing to roll back. */
  private rollBack(): void {
    if (this.writer.isOpen && this.writer.isTransaction) {
      this.writer.exec("rollback");
    }
  }
}
