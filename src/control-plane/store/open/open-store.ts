import type { DatabaseAddress } from "../address/database-address.ts";
import type { PostgresStore } from "../postgres/store.ts";
import type { RepairedMember } from "../sqlite/migrations/role-repair.ts";
import { openSqliteStore } from "../sqlite/open.ts";
import { cannotOpen } from "../sqlite/rows/unavailable.ts";
import type { SqliteStore } from "../sqlite/store.ts";

export type OpenedStore = SqliteStore | PostgresStore;

/** What an operator should know of an opening. */
interface OpeningNotices {
  /** There was no file, an empty one, or a PostgreSQL database without our tables. */
  created(was: "missing" | "empty" | "no tables"): void;
  /** A migration made the member owner or admin because of an invalid role. */
  roleRepaired(member: RepairedMember): void;
}

/**
 * Opens, creates and migrates the database. Rejects with an OperatorError that names it and the
 * remedy. The driver of PostgreSQL is loaded only for a PostgreSQL database.
 */
export async function openStore(database: DatabaseAddress, notices?: OpeningNotices): Promise<OpenedStore> {
  if (database.kind === "sqlite") {
    return openSqliteStore(database.path, notices);
  }
  const { openPostgresStore } = await import("../postgres/open.ts");
  return openPostgresStore(database.address, notices && { created: () => notices.created("no tables") });
}

/** Why a database cannot be used that was opened, with the remedy. */
export async function cannotOpenDatabase(database: DatabaseAddress, error: unknown): Promise<unknown> {
  if (database.kind === "sqlite") {
    return cannotOpen(database.path, error);
  }
  const postgres = await import("../postgres/open.ts");
  return postgres.cannotOpen(database.address, error);
}
