import { OperatorError } from "../../../../lib/errors.ts";
import { integer } from "../../rows/row.ts";
import { commit, type Runner } from "../connection/statements.ts";
import { BETTER_AUTH_TABLES } from "./better-auth-tables.ts";
import { OWN_TABLES } from "./own-tables.ts";
import { TRIGGERS } from "./triggers.ts";

/** Of pg_advisory_xact_lock(). Another one than that of transactions: a program may be running. */
const MIGRATION_LOCK = 0x6e6f_7661_0002;

/**
 * Forward only: entry N takes a database from version N to N + 1. Statements of a released entry
 * never change; a change is a new entry. It may only add: while replicas are replaced one by one,
 * the release before runs beside this one.
 */
const MIGRATIONS: readonly string[] = [`${BETTER_AUTH_TABLES}${OWN_TABLES}${TRIGGERS}`];

/** Other programs that start at the same time wait for the lock. */
const BEGIN = `begin; set local lock_timeout = '60s'; set local statement_timeout = '120s';
  select pg_advisory_xact_lock(${MIGRATION_LOCK});
  create table if not exists "schemaVersion" (
    one boolean not null primary key default true check (one), version integer not null);
  insert into "schemaVersion" (version) values (0) on conflict do nothing`;

/**
 * Brings the database to this program's version, in one transaction. Several programs may start at
 * once. Resolves with the version before. Rejects with an OperatorError if a newer program has used
 * the database.
 */
export async function migrate(runner: Runner): Promise<number> {
  try {
    await runner.query(BEGIN, []);
    const { rows } = await runner.query(`select version from "schemaVersion"`, []);
    const version = integer(rows[0] ?? {}, "version");
    if (version > MIGRATIONS.length) {
      throw new OperatorError(
        `the database has version ${version} but this program supports only up to ${MIGRATIONS.length}: ` +
          "a newer novacula-control-plane has used it; run that version, or restore the backup from before the upgrade",
      );
    }
    for (const step of MIGRATIONS.slice(version)) {
      await runner.query(step, []);
    }
    await runner.query(`update "schemaVersion" set version = ${MIGRATIONS.length}`, []);
    await commit(runner);
    return version;
  } catch (error) {
    await runner.query("rollback", []).catch(() => undefined);
    throw error;
  }
}
