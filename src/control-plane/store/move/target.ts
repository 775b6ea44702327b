import { CommandError } from "../../../lib/command-line/command-error.ts";
import { WRITE_LOCK } from "../postgres/connection/locks.ts";
import type { Runner } from "../postgres/connection/statements.ts";
import { integer, text } from "../rows/row.ts";
import { type CanonicalRow, type Column, canonicalRowRead, columnType } from "./canonical-row.ts";
import { MOVED_TABLES, type MovedTable, NEW_TABLES } from "./moved-tables.ts";

const FETCHED_ROWS = 500;
const MAX_NAMED = 5;

const COLUMNS = `select column_name as name, data_type as type, is_nullable = 'YES' as nullable
  from information_schema.columns
  where table_schema = current_schema() and table_name = $1 and is_identity = 'NO' order by ordinal_position`;

/** All are of one column, and refer to the key of the other table. */
const REFERENCES = `select r.relname as child, a.attname as column, p.relname as parent,
    c.confdeltype = 'n' as "isCleared"
  from pg_constraint c join pg_class r on r.oid = c.conrelid join pg_class p on p.oid = c.confrelid
    join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
  where c.contype = 'f' and c.connamespace = current_schema()::regnamespace`;

/** A column that holds the key of a row of another table. */
export interface Reference {
  readonly column: string;
  readonly parent: string;
  /** It becomes null if that row is deleted. */
  readonly isCleared: boolean;
}

/** The PostgreSQL database that rows are moved to. */
export class MoveTarget {
  private readonly runner: Runner;

  constructor(runner: Runner) {
    this.runner = runner;
  }

  /** Rejects with a CommandError that says what is in the database, or who uses it. */
  async requireUnused(): Promise<void> {
    const others = await this.runner.query(
      `select count(*) as count from pg_stat_activity where datname = current_database()
        and application_name = 'novacula-control-plane' and pid <> pg_backend_pid()`,
      [],
    );
    if (integer(others.rows[0] ?? {}, "count") > 0) {
      throw new CommandError("refused", "a control plane, or another move, is connected to the target", {
        fix: "stop it: while rows are moved, nobody may use the target",
      });
    }
    const { rows } = await this.runner.query(
      `select relname as name from pg_class where relkind in ('r', 'p')
        and relnamespace = current_schema()::regnamespace order by relname`,
      [],
    );
    const names = rows.map((row) => text(row, "name"));
    const own = [...MOVED_TABLES.map(({ name }) => name), ...NEW_TABLES];
    const foreign = names.filter((name) => !own.includes(name));
    const filled = names.includes("schemaVersion") ? await this.filled() : [];
    if (foreign.length > 0 || (filled.length === 0 && names.length > 0 && !names.includes("schemaVersion"))) {
      throw notEmpty(
        `it has tables that are not of this program: ${named(foreign.length > 0 ? foreign : names)}`,
      );
    }
    if (filled.length > 0) {
      throw notEmpty(`there are rows in ${named(filled)}`);
    }
  }

  private async filled(): Promise<readonly string[]> {
    const parts = MOVED_TABLES.map(
      ({ name }) => `select '${name}' as name where exists (select 1 from "${name}")`,
    );
    const { rows } = await this.runner.query(parts.join(" union all "), []);
    return rows.map((row) => text(row, "name"));
  }

  /**
   * Begins the transaction of the move. The triggers would note each row as a change, so they rest;
   * that locks the tables, and others cannot write until the end.
   */
  async begin(): Promise<void> {
    await this.runner.query(`begin; select pg_advisory_xact_lock(${WRITE_LOCK})`, []);
    for (const { name } of MOVED_TABLES) {
      await this.runner.query(`alter table "${name}" disable trigger user`, []);
    }
    const filled = await this.filled();
    if (filled.length > 0) {
      throw notEmpty(`there are rows in ${named(filled)}`);
    }
  }

  /**
   * Before the commit. The next audit event gets a number above those that were moved, and no
   * control plane trusts what it has read before.
   */
  async finish(): Promise<void> {
    await this.runner.query(
      `update revision r set n = last.n + 1, "prunedTo" = last.n + 1
        from (select greatest(n, (select max(sequence) from "auditEvent")) as n from revision) last`,
      [],
    );
    for (const { name } of MOVED_TABLES) {
      await this.runner.query(`alter table "${name}" enable trigger user`, []);
    }
  }

  async columns({ name }: MovedTable): Promise<readonly Column[]> {
    const { rows } = await this.runner.query(COLUMNS, [name]);
    return rows.map((row) => ({
      name: text(row, "name"),
      type: columnType(text(row, "type")),
      isNullable: integer(row, "nullable") === 1,
    }));
  }

  /** By the name of the table that has the column. */
  async references(): Promise<ReadonlyMap<string, readonly Reference[]>> {
    const { rows } = await this.runner.query(REFERENCES, []);
    return Map.groupBy(
      rows.map((row) => ({
        child: text(row, "child"),
        column: text(row, "column"),
        parent: text(row, "parent"),
        isCleared: integer(row, "isCleared") === 1,
      })),
      ({ child }) => child,
    );
  }

  async insert(
    { name }: MovedTable,
    columns: readonly Column[],
    rows: readonly CanonicalRow[],
  ): Promise<void> {
    const names = columns.map((column) => `"${column.name}"`).join(", ");
    const values = columns.map((column) => `"${column.name}"::${column.type}`).join(", ");
    const arrays = columns.map((_, n) => `$${n + 1}::text[]`).join(", ");
    await this.runner.query(
      `insert into "${name}" (${names}) select ${values} from unnest(${arrays}) with ordinality as t (${names}, n)
        order by n`,
      columns.map((_, n) => rows.map((row) => row[n] ?? null)),
    );
  }

  /** The rows of a table in the order in which the source has them. */
  async *rows(table: MovedTable, columns: readonly Column[]): AsyncGenerator<CanonicalRow> {
    const names = columns.map((column) => `"${column.name}"`).join(", ");
    const order = table.isInOrderOfCreation ? "ordinal" : table.key.map((name) => `"${name}"`).join(", ");
    await this.runner.query(
      `declare moved no scroll cursor for select ${names} from "${table.name}" order by ${order}`,
      [],
    );
    for (;;) {
      const { rows } = await this.runner.query(`fetch ${FETCHED_ROWS} from moved`, []);
      yield* rows.map((row) => canonicalRowRead(row, columns));
      if (rows.length < FETCHED_ROWS) {
        break;
      }
    }
    await this.runner.query("close moved", []);
  }
}

function notEmpty(why: string): CommandError {
  return new CommandError("refused", `the target is not empty: ${why}`, {
    fix: "name a new database: createdb --owner novacula --encoding UTF8 --template template0 NAME",
  });
}

function named(names: readonly string[]): string {
  const more = names.length - MAX_NAMED;
  return `${names.slice(0, MAX_NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
