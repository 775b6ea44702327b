import { onTestFinished } from "vitest";
import type { Store } from "../../../../src/control-plane/store/contract/store.ts";

type Row = Readonly<Record<string, unknown>>;

/** A database engine that the control plane can keep its store in. */
export interface StoreEngine {
  readonly name: "sqlite" | "postgres";
  /** A new database without a row. Opening it may make its schema. */
  newDatabase(): Promise<TestDatabase>;
  /** The same, without a schema. */
  newBareDatabase(): Promise<TestDatabase>;
  /** The version of the schema that this program makes. */
  readonly version: number;
  /** A new database as an earlier program made it. */
  newDatabaseAt(version: number): Promise<TestDatabase>;
  /** Marks the database as that of a later program. */
  makeNewer(database: TestDatabase): Promise<void>;
  /** Tables, columns, indexes and triggers, as the database tells them. */
  schemaOf(database: TestDatabase): Promise<unknown>;
  /** Ways in which a database cannot be used for a while. */
  readonly outages: readonly Outage[];
}

export interface TestDatabase {
  /** For DATABASE_URL. */
  readonly url: string;
  /** A store of its own on the database, as each control plane has one. `remove` closes it. */
  open(): Promise<Store>;
  /** Runs a statement past all stores, with `?` for each value. Resolves with its rows. */
  sql(text: string, ...values: readonly (string | number | null)[]): Promise<readonly Row[]>;
  /** Closes the stores and removes the database. */
  remove(): Promise<void>;
}

export interface Outage {
  readonly name: string;
  /** Whether reads fail, too, and not only changes. */
  readonly stopsReads: boolean;
  /** Resolves with what ends it. */
  begin(database: TestDatabase, stores: readonly Store[]): Promise<() => Promise<void>>;
}

/** A new database, removed at the end of the current test. */
export async function databaseOf(engine: StoreEngine): Promise<TestDatabase> {
  const database = await engine.newDatabase();
  onTestFinished(() => database.remove());
  return database;
}

/** The same, without a schema. */
export async function bareDatabaseOf(engine: StoreEngine): Promise<TestDatabase> {
  const database = await engine.newBareDatabase();
  onTestFinished(() => database.remove());
  return database;
}

/** A store on a new database, closed and removed at the end of the current test. */
export async function storeOf(engine: StoreEngine): Promise<Store> {
  return (await databaseOf(engine)).open();
}
