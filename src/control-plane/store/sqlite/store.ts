import type { DatabaseSync } from "node:sqlite";
import type { Dialect } from "kysely";
import type { Activity } from "../contract/activity.ts";
import type { AuditReader } from "../contract/audit.ts";
import type { BoundExecutor, ExecutorReader } from "../contract/executors.ts";
import type { KeyReader, PresentedKey } from "../contract/keys.ts";
import type { ExecutorNodes, NodeReader } from "../contract/nodes.ts";
import type { OneTimeLinkReader } from "../contract/one-time-links.ts";
import type { OrganizationReader } from "../contract/organizations.ts";
import type { PeopleReader } from "../contract/people.ts";
import type { SignInDeviceReader } from "../contract/sign-in-devices.ts";
import { type Store, type StoreProblem, type StoreTransaction, StoreUnavailable } from "../contract/store.ts";
import { SqliteAuditReader } from "./audit.ts";
import { betterAuthDialect } from "./better-auth-dialect.ts";
import type { DatabaseFile } from "./database-file.ts";
import { SqliteExecutorReader } from "./executors.ts";
import { SqliteKeyReader } from "./keys.ts";
import { SqliteNodeReader } from "./nodes.ts";
import { SqliteOrganizationReader } from "./organizations.ts";
import { SqlitePeopleReader } from "./people.ts";
import { lostFile } from "./rows/lost-file.ts";
import { DAMAGE_REMEDY, isDamaged } from "./rows/unavailable.ts";
import { SqliteOneTimeLinks } from "./sign-in/one-time-links.ts";
import { SqliteSignInDevices } from "./sign-in/sign-in-devices.ts";
import { SqliteTransactions } from "./transactions.ts";

/** The connections of an open database. */
export interface Connections {
  readonly writer: DatabaseSync;
  /** Separate, so that reads never see what a transaction has not committed yet. */
  readonly reader: DatabaseSync;
  readonly file: DatabaseFile;
}

/** A store in one SQLite file. open.ts makes it. */
export class SqliteStore implements Store {
  readonly isShared = false;
  readonly isBlocking = true;
  readonly signInFailures = undefined;
  readonly organizations: OrganizationReader;
  readonly keys: KeyReader;
  readonly executors: ExecutorReader;
  readonly nodes: NodeReader;
  readonly people: PeopleReader;
  readonly devices: SignInDeviceReader;
  readonly links: OneTimeLinkReader;
  readonly audit: AuditReader;
  private readonly connections: Connections;
  private readonly transactions: SqliteTransactions;

  constructor(connections: Connections) {
    const { reader, writer } = connections;
    this.connections = connections;
    this.organizations = new SqliteOrganizationReader(reader);
    this.keys = new GuardedKeys(reader, this);
    this.executors = new GuardedExecutors(reader, this);
    this.nodes = new GuardedNodes(reader, this);
    this.people = new SqlitePeopleReader(reader);
    this.devices = new SqliteSignInDevices(reader);
    this.links = new SqliteOneTimeLinks(reader);
    this.audit = new SqliteAuditReader(reader);
    this.transactions = new SqliteTransactions(writer, () => this.lookInPlace());
  }

  transaction<Result>(work: (transaction: StoreTransaction) => Promise<Result>): Promise<Result> {
    return this.transactions.run(work, "power-cut");
  }

  async record(activities: readonly Activity[]): Promise<void> {
    await this.transactions.run((transaction) => transaction.record(activities), "crash");
  }

  async revision(): Promise<string> {
    this.requireInPlace();
    return this.transactions.revision();
  }

  /** SQLite counts changes, and does not tell them apart. */
  changes(): undefined {
    return undefined;
  }

  /** What better-auth reads and writes people through. */
  betterAuthDatabase(): { readonly dialect: Dialect; readonly type: "sqlite" } {
    const { reader, writer } = this.connections;
    const write = <Result>(work: (connection: DatabaseSync) => Result) =>
      this.transaction(async () => work(writer));
    return { dialect: betterAuthDialect({ reader, write }), type: "sqlite" };
  }

  risk(): undefined {
    return undefined;
  }

  problem(): StoreProblem | undefined {
    const change = this.connections.file.look();
    if (change !== undefined) {
      return lostFile(change);
    }
    return this.isDamaged ? { reason: "the database is damaged", remedy: DAMAGE_REMEDY } : undefined;
  }

  async close(): Promise<void> {
    await this.transactions.finished();
    const { reader, writer } = this.connections;
    for (const connection of [reader, writer].filter(({ isOpen }) => isOpen)) {
      connection.close();
    }
  }

  get isDamaged(): boolean {
    return isDamaged(this.connections.writer) || isDamaged(this.connections.reader);
  }

  /** As of the last look, which is at most a second old: a stat for every sync would be slow. */
  requireInPlace(): void {
    const { problem } = this.connections.file;
    if (problem !== undefined) {
      throw new StoreUnavailable(problem);
    }
  }

  private lookInPlace(): void {
    this.connections.file.look();
    this.requireInPlace();
  }
}

/** Never answers an executor from a file that was replaced. */
class GuardedExecutors extends SqliteExecutorReader {
  private readonly store: SqliteStore;

  constructor(reader: DatabaseSync, store: SqliteStore) {
    super(reader);
    this.store = store;
  }

  override async bound(organizationId: string, name: string): Promise<BoundExecutor | undefined> {
    this.store.requireInPlace();
    return super.bound(organizationId, name);
  }
}

/** Never answers an executor from a file that was replaced. */
class GuardedNodes extends SqliteNodeReader {
  private readonly store: SqliteStore;

  constructor(reader: DatabaseSync, store: SqliteStore) {
    super(reader);
    this.store = store;
  }

  override async ofExecutor(executorId: string): Promise<ExecutorNodes> {
    this.store.requireInPlace();
    return super.ofExecutor(executorId);
  }
}

/** Never calls a key unknown because of a file that was replaced or is damaged. */
class GuardedKeys extends SqliteKeyReader {
  private readonly store: SqliteStore;

  constructor(reader: DatabaseSync, store: SqliteStore) {
    super(reader);
    this.store = store;
  }

  override async byHash(hash: string): Promise<PresentedKey | undefined> {
    this.store.requireInPlace();
    const key = await super.byHash(hash);
    if (key === undefined && this.store.isDamaged) {
      throw new StoreUnavailable("the database is damaged");
    }
    return key;
  }
}
