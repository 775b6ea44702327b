import type { Dialect } from "kysely";
import type { PostgresAddress } from "../address/postgres-address.ts";
import type { Activity } from "../contract/activity.ts";
import type { AuditReader } from "../contract/audit.ts";
import type { ExecutorReader } from "../contract/executors.ts";
import type { KeyReader } from "../contract/keys.ts";
import type { LookupChange } from "../contract/lookup-changes.ts";
import type { NodeReader } from "../contract/nodes.ts";
import type { OneTimeLinkReader } from "../contract/one-time-links.ts";
import type { OrganizationReader } from "../contract/organizations.ts";
import type { PeopleReader } from "../contract/people.ts";
import type { SignInDeviceReader } from "../contract/sign-in-devices.ts";
import type { Store, StoreProblem, StoreTransaction } from "../contract/store.ts";
import { PostgresWriteBehind } from "./activity/write-behind.ts";
import { PostgresAuditReader } from "./audit.ts";
import { betterAuthDialect } from "./better-auth-database.ts";
import { FailoverRisk } from "./connection/failover-risk.ts";
import type { KeptConnection } from "./connection/kept-connection.ts";
import type { OpenSockets } from "./connection/open-sockets.ts";
import type { ConnectionPool } from "./connection/pool.ts";
import { PostgresExecutorReader } from "./executors.ts";
import { PostgresKeyReader } from "./keys.ts";
import { PostgresNodeReader } from "./nodes.ts";
import { PostgresOrganizationReader } from "./organizations.ts";
import { PostgresPeopleReader } from "./people.ts";
import { SharedRevision } from "./shared-revision.ts";
import { PostgresOneTimeLinks } from "./sign-in/one-time-links.ts";
import { PostgresSignInDevices } from "./sign-in/sign-in-devices.ts";
import { PostgresSignInFailures } from "./sign-in/sign-in-failures.ts";
import { PostgresTransactions } from "./transactions.ts";

/** How long closing waits for what was begun, ms. */
const FINISH_LIMIT_MS = 2000;
const PRUNE_INTERVAL_MS = 3_600_000;
/** A control plane that has not looked for so long forgets everything. */
const PRUNE = `
  with gone as (delete from change where at < clock_timestamp() - interval '1 hour' returning n)
  update revision set "prunedTo" = greatest("prunedTo", (select max(n) from gone)) where exists (select 1 from gone)`;

export interface Connections {
  readonly address: PostgresAddress;
  /** Of all connections. */
  readonly sockets: OpenSockets;
  /** What every sync asks. */
  readonly hot: KeptConnection;
  readonly writeBehind: KeptConnection;
  readonly pool: ConnectionPool;
}

/** A store in a PostgreSQL database, which other control planes may use at the same time. */
export class PostgresStore implements Store {
  readonly isShared = true;
  readonly isBlocking = false;
  readonly organizations: OrganizationReader;
  readonly keys: KeyReader;
  readonly executors: ExecutorReader;
  readonly nodes: NodeReader;
  readonly people: PeopleReader;
  readonly devices: SignInDeviceReader;
  readonly links: OneTimeLinkReader;
  readonly audit: AuditReader;
  readonly signInFailures: PostgresSignInFailures;
  private readonly connections: Connections;
  private readonly transactions: PostgresTransactions;
  private readonly writeBehind: PostgresWriteBehind;
  private readonly sharedRevision: SharedRevision;
  private readonly pruning: NodeJS.Timeout;
  private readonly failoverRisk: FailoverRisk;

  constructor(connections: Connections) {
    const { pool, hot } = connections;
    this.connections = connections;
    this.organizations = new PostgresOrganizationReader(pool);
    this.keys = new PostgresKeyReader(pool, hot);
    this.executors = new PostgresExecutorReader(pool, hot);
    this.nodes = new PostgresNodeReader(pool, hot);
    this.people = new PostgresPeopleReader(pool);
    this.devices = new PostgresSignInDevices(pool);
    this.links = new PostgresOneTimeLinks(pool);
    this.audit = new PostgresAuditReader(pool);
    this.signInFailures = new PostgresSignInFailures(pool);
    this.transactions = new PostgresTransactions(pool);
    this.writeBehind = new PostgresWriteBehind(connections.writeBehind);
    this.sharedRevision = new SharedRevision(hot);
    this.failoverRisk = new FailoverRisk(pool);
    this.pruning = setInterval(() => void this.prune().catch(() => undefined), PRUNE_INTERVAL_MS).unref();
  }

  async transaction<Result>(work: (transaction: StoreTransaction) => Promise<Result>): Promise<Result> {
    this.sharedRevision.requireServed();
    return this.transactions.run(work);
  }

  record(activities: readonly Activity[]): Promise<void> {
    return this.writeBehind.record(activities);
  }

  revision(): Promise<string> {
    return this.sharedRevision.get();
  }

  changes(from: string, to: string): readonly LookupChange[] | undefined {
    return this.sharedRevision.between(from, to);
  }

  /** What better-auth reads and writes people through. */
  betterAuthDatabase(): { readonly dialect: Dialect; readonly type: "postgres" } {
    const { pool, address } = this.connections;
    return { dialect: betterAuthDialect(pool, address), type: "postgres" };
  }

  problem(): StoreProblem | undefined {
    const { hot, writeBehind } = this.connections;
    return hot.problem ?? writeBehind.problem ?? this.sharedRevision.problem;
  }

  risk(): StoreProblem | undefined {
    return this.failoverRisk.problem;
  }

  /** So that `risk()` knows something from the beginning. */
  async lookForRisks(): Promise<void> {
    await this.failoverRisk.look();
  }

  async close(): Promise<void> {
    clearInterval(this.pruning);
    this.failoverRisk.stop();
    const { hot, writeBehind, pool, sockets } = this.connections;
    const disconnect = () => Promise.all([hot.close(), writeBehind.close(), pool.close()]);
    // A server that is silent is left behind, with what it was asked.
    const limit = setTimeout(() => {
      void disconnect();
      sockets.destroy();
    }, FINISH_LIMIT_MS);
    await Promise.all([this.transactions.finished(), this.writeBehind.finished()]);
    await disconnect();
    clearTimeout(limit);
    // One that was being made.
    sockets.destroy();
  }

  /** Forgets old changes, in line with transactions: it locks the revision. And old failures. */
  async prune(): Promise<void> {
    await Promise.all([this.transactions.runScript(PRUNE), this.signInFailures.prune()]);
  }
}
