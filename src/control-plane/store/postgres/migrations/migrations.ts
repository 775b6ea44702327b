import { commit, type Runner } from "../connection/statements.ts";
import { BETTER_AUTH_TABLES } from "./better-auth-tables.ts";
import { OWN_TABLES } from "./own-tables.ts";
import { acceptedVersion, OLDEST_PROGRAM, SCHEMA_VERSION } from "./schema-version.ts";
import { SIGN_IN_FAILURE_TABLE } from "./sign-in-failure-table.ts";
import { TRIGGERS } from "./triggers.ts";

/** Of pg_advisory_xact_lock(). Another one than that of transactions: a program may be running. */
const MIGRATION_LOCK = 0x6e6f_7661_0002;

interface Migration {
  readonly statements: string;
  /** The version of the oldest program that works with a database after these statements. */
  readonly oldestProgram: number;
}

/**
 * Forward only: entry N takes a database from version N to N + 1. Statements of a released entry
 * never change; a change is a new entry. While replicas are replaced one by one, the release before
 * runs beside this one. So an entry only adds, and keeps `oldestProgram`, in one release; what no
 * program of the last release uses any more goes in the next one, which raises `oldestProgram`.
 */
export const MIGRATIONS: readonly Migration[] = [
  { statements: `${BETTER_AUTH_TABLES}${OWN_TABLES}${TRIGGERS}`, oldestProgram: 1 },
  { statements: `${SIGN_IN_FAILURE_TABLE}${OLDEST_PROGRAM}`, oldestProgram: 1 },
];

/** The version of the schema that this program makes. */
export const PROGRAM_VERSION = MIGRATIONS.length;

/** Other programs that start at the same time wait for the lock. */
const BEGIN = `begin; set local lock_timeout = '60s'; set local statement_timeout = '120s';
  select pg_advisory_xact_lock(${MIGRATION_LOCK}); ${SCHEMA_VERSION}`;

/**
 * Brings the database to this program's version, in one transaction. Several programs may start at
 * once. Resolves with the version before, which may be a later one that this program works with.
 * Rejects with an OperatorError if it does not.
 */
export async function migrate(runner: Runner): Promise<number> {
  try {
    await runner.query(BEGIN, []);
    const version = await acceptedVersion(runner, PROGRAM_VERSION);
    for (const { statements, oldestProgram } of MIGRATIONS.slice(version)) {
      await runner.query(statements, []);
      await noteVersion(runner, oldestProgram);
    }
    await commit(runner);
    return version;
  } catch (error) {
    await runner.query("rollback", []).catch(() => undefined);
    throw error;
  }
}

async function noteVersion(runner: Runner, oldestProgram: number): Promise<void> {
  await runner.query(`update "schemaVersion" set version = version + 1`, []);
  if (oldestProgram > 1) {
    await runner.query(`update "schemaVersion" set "oldestProgram" = ${oldestProgram}`, []);
  }
}
