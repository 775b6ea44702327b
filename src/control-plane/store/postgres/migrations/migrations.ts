import { MIGRATION_LOCK, WRITE_LOCK } from "../connection/locks.ts";
import { commit, type Runner } from "../connection/statements.ts";
import { BETTER_AUTH_TABLES } from "./better-auth-tables.ts";
import { KEY_USE_INDEX } from "./key-use-index.ts";
import { OWN_TABLES } from "./own-tables.ts";
import { acceptedVersion, OLDEST_PROGRAM, SCHEMA_VERSION } from "./schema-version.ts";
import { SIGN_IN_FAILURE_TABLE } from "./sign-in-failure-table.ts";
import { TRIGGERS } from "./triggers.ts";

interface Migration {
  readonly statements: string;
  /** The version of the oldest program that works with a database after these statements. */
  readonly oldestProgram: number;
}

/**
 * Forward only: entry N takes a database from version N to N + 1, in a transaction of its own.
 * Statements of a released entry never change; a change is a new entry. Programs of the release
 * before run at the same time, and start beside this one. So:
 *
 * - An entry only adds, and keeps `oldestProgram`: tables, and columns that may be null or have a
 *   default. What the release before does not use may go, and then `oldestProgram` is the version
 *   of that release: it is the oldest that does without.
 * - It alters one table at most. With locks on two, it and a reader of both could wait for each
 *   other.
 * - It is quick, because everybody waits for it: no rewriting of a table, no index on a large one.
 */
export const MIGRATIONS: readonly Migration[] = [
  { statements: `${BETTER_AUTH_TABLES}${OWN_TABLES}${TRIGGERS}`, oldestProgram: 1 },
  { statements: `${SIGN_IN_FAILURE_TABLE}${OLDEST_PROGRAM}`, oldestProgram: 1 },
  { statements: KEY_USE_INDEX, oldestProgram: 1 },
];

/** The version of the schema that this program makes. */
export const PROGRAM_VERSION = MIGRATIONS.length;

/** Other programs that start at the same time wait for the lock. */
const BEGIN = `begin; set local lock_timeout = '60s'; set local statement_timeout = '120s';
  select pg_advisory_xact_lock(${MIGRATION_LOCK}); ${SCHEMA_VERSION}`;
/** Changes and flushes wait, so that none of them and the migration wait for each other. */
const LOCK_CHANGES = `select pg_advisory_xact_lock(${WRITE_LOCK})`;

/**
 * Brings the database to this program's version. Several programs may start at once. Resolves with
 * the version before, which may be a later one that this program works with. Rejects with an
 * OperatorError if it does not.
 */
export async function migrate(runner: Runner): Promise<number> {
  const before = await step(runner);
  for (let version = before; version < PROGRAM_VERSION; ) {
    version = await step(runner);
  }
  return before;
}

/** Runs the next entry, if there is one. Resolves with the version before. */
async function step(runner: Runner): Promise<number> {
  try {
    await runner.query(BEGIN, []);
    const version = await acceptedVersion(runner, PROGRAM_VERSION);
    const migration = MIGRATIONS[version];
    if (migration !== undefined) {
      await runner.query(LOCK_CHANGES, []);
      await runner.query(migration.statements, []);
      await noteVersion(runner, migration);
    }
    await commit(runner);
    return version;
  } catch (error) {
    await runner.query("rollback", []).catch(() => undefined);
    throw error;
  }
}

async function noteVersion(runner: Runner, { oldestProgram }: Migration): Promise<void> {
  await runner.query(`update "schemaVersion" set version = version + 1`, []);
  if (oldestProgram > 1) {
    await runner.query(`update "schemaVersion" set "oldestProgram" = ${oldestProgram}`, []);
  }
}
