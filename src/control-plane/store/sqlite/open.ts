import { DatabaseSync } from "node:sqlite";
import { fingerprintOfHash } from "../rows/records.ts";
import { createIfMissing, DatabaseFile } from "./database-file.ts";
import { isWithoutTables, migrate, requireSchema } from "./migrations/migrations.ts";
import {
  defineRoleRepair,
  REPAIR_ROLES,
  type RepairedMember,
  repairedMembers,
} from "./migrations/role-repair.ts";
import { cannotOpen } from "./rows/unavailable.ts";
import { SqliteStore } from "./store.ts";

const MIGRATION_LOCK_MS = 10_000;

/** What an operator should know of an opening. */
interface OpeningNotices {
  /** The database did not exist: there was no file, an empty one, or one without tables. */
  created(was: "missing" | "empty" | "no tables"): void;
  /** A migration made the member owner or admin because of an invalid role. */
  roleRepaired(member: RepairedMember): void;
}

/**
 * Opens, creates and migrates the database at `path`. Throws an OperatorError that names the path
 * and the remedy.
 *
 * WAL with synchronous=FULL: what was acknowledged survives a power cut, at the price of one fsync
 * per transaction. activity-writer.ts keeps transactions few.
 */
export function openSqliteStore(path: string, notices?: OpeningNotices): SqliteStore {
  try {
    const found = createIfMissing(path);
    const file = new DatabaseFile(path);
    const writer = connectWriter(path);
    const was = isWithoutTables(writer) ? (found ?? "no tables") : undefined;
    configure(writer);
    const migrated = migrateWriter(writer);
    const reader = new DatabaseSync(path, { timeout: 0 });
    defineFunctions(reader);
    reader.exec("pragma query_only = on");
    const store = new SqliteStore({ writer, reader, file });
    file.opened();
    if (was !== undefined) {
      notices?.created(was);
    }
    for (const member of migrated.has(REPAIR_ROLES) ? repairedMembers(reader) : []) {
      notices?.roleRepaired(member);
    }
    return store;
  } catch (error) {
    throw cannotOpen(path, error);
  }
}

function connectWriter(path: string): DatabaseSync {
  const writer = new DatabaseSync(path, { timeout: MIGRATION_LOCK_MS, enableForeignKeyConstraints: true });
  defineWriterFunctions(writer);
  return writer;
}

function configure(writer: DatabaseSync): void {
  writer.exec("pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on");
  // In pages. Larger than one second's writes at 2,000 syncs/s, so that checkpoints.ts comes first.
  writer.exec("pragma wal_autocheckpoint = 16384");
}

function migrateWriter(writer: DatabaseSync): ReadonlySet<string> {
  const made = migrate(writer);
  requireSchema(writer, newDatabase());
  // From here on SQLite must not wait for a lock, which would block the whole process: a busy
  // database is reported at once, and transactions.ts tries again.
  writer.exec("pragma busy_timeout = 0");
  return made;
}

/** A database as a first start makes it, in memory. */
function newDatabase(): DatabaseSync {
  const database = new DatabaseSync(":memory:");
  defineWriterFunctions(database);
  migrate(database);
  return database;
}

/** Adds what migrations use as well. */
function defineWriterFunctions(database: DatabaseSync): void {
  defineFunctions(database);
  defineRoleRepair(database);
}

/** Defines the SQL functions that statements use beside SQLite's own. */
export function defineFunctions(database: DatabaseSync): void {
  database.function("fingerprint", { deterministic: true }, (hash) => fingerprintOfHash(String(hash)));
  // Ignores case of all letters. SQLite's own lower() knows ASCII only.
  database.function("contains", { deterministic: true }, (text, part) =>
    text !== null && String(text).toLowerCase().includes(String(part).toLowerCase()) ? 1 : 0,
  );
}
