import { OperatorError } from "../../../../lib/errors.ts";
import { integer } from "../../rows/row.ts";
import type { Runner } from "../connection/statements.ts";

/** The one row with the version, as the first migration finds it. */
export const SCHEMA_VERSION = `
  create table if not exists "schemaVersion" (
    one boolean not null primary key default true check (one), version integer not null);
  insert into "schemaVersion" (version) values (0) on conflict do nothing`;

/** The version of the oldest program that works with the database. */
export const OLDEST_PROGRAM = `
  alter table "schemaVersion" add column "oldestProgram" integer not null default 1;
`;

/**
 * The version of the database. Rejects with an OperatorError if a later one needs a later program
 * than `program`.
 */
export async function acceptedVersion(runner: Runner, program: number): Promise<number> {
  const { rows } = await runner.query(`select * from "schemaVersion"`, []);
  const [row = {}] = rows;
  const version = integer(row, "version");
  if (version <= program) {
    return version;
  }
  const oldest = integer(row, "oldestProgram");
  if (oldest > program) {
    throw new OperatorError(
      `the database has version ${version}, for programs that support version ${oldest} or later, but this program ` +
        `supports only up to ${program}: a newer novacula-control-plane has used it; run that version, or restore ` +
        "the backup from before the upgrade",
    );
  }
  return version;
}
