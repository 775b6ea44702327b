import { DatabaseSync } from "node:sqlite";
import { CommandError } from "../../../lib/command-line/command-error.ts";
import { printable } from "../../../lib/printable.ts";
import { integer, type Row, text } from "../rows/row.ts";
import { MIGRATIONS } from "../sqlite/migrations/migrations.ts";
import { cannotOpen, DAMAGE_REMEDY } from "../sqlite/rows/unavailable.ts";
import type { Column } from "./canonical-row.ts";
import type { MovedTable } from "./moved-tables.ts";

const BUSY_MS = 10_000;
const MAX_FINDINGS = 100;
/** Of single rows, which are looked at one by one. */
const ROW_FINDING = /^(?:non-\w+|NULL|NUMERIC|TEXT|INT|REAL|BLOB) value in /u;

/** The SQLite database that is moved: opened read only, as it was at one moment. */
export class MoveSource implements Disposable {
  readonly path: string;
  private readonly database: DatabaseSync;
  /** Another connection, which sees later changes. */
  private readonly watch: DatabaseSync;
  private readonly versionBefore: number;

  /** Throws an OperatorError that names the file and the remedy. */
  constructor(path: string) {
    this.path = path;
    try {
      this.watch = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS });
      this.versionBefore = this.dataVersion();
      this.database = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS });
      this.database.exec("begin");
      this.requireVersion();
      this.requireSound();
    } catch (error) {
      throw error instanceof CommandError ? error : cannotOpen(path, error);
    }
  }

  /** Whether somebody has changed the database since it was opened. */
  get isChanged(): boolean {
    return this.dataVersion() !== this.versionBefore;
  }

  /** Its rows in the order in which they are written. */
  rows(table: MovedTable, columns: readonly Column[]): Iterable<Row> {
    const expressions = columns.map(({ name }) => `${expressionOf(table, name)} as "${name}"`);
    const order = table.isInOrderOfCreation ? "rowid" : table.key.map((name) => expressionOf(table, name));
    const statement = this.database.prepare(
      `select ${expressions.join(", ")} from ${from(table)} order by ${order}`,
    );
    statement.setReadBigInts(true);
    return statement.iterate();
  }

  [Symbol.dispose](): void {
    this.database.close();
    this.watch.close();
  }

  private dataVersion(): number {
    return integer(this.watch.prepare("pragma data_version").get() ?? {}, "data_version");
  }

  private requireVersion(): void {
    const version = integer(this.database.prepare("pragma user_version").get() ?? {}, "user_version");
    if (version === MIGRATIONS.length) {
      return;
    }
    const message = `the database ${this.path} has version ${version}, and this program moves version ${MIGRATIONS.length}`;
    const fix =
      version > MIGRATIONS.length
        ? "use the newer novacula-control-plane that has used it"
        : "back it up, then start this novacula-control-plane with it once, which brings it up to date, and stop it again";
    throw new CommandError("failed", message, { fix });
  }

  /** Of indexes and pages. What is wrong with single rows is named with them. */
  private requireSound(): void {
    const findings = this.database.prepare(`pragma integrity_check(${MAX_FINDINGS})`).all();
    const [first] = findings
      .map((row) => text(row, "integrity_check"))
      .filter((finding) => finding !== "ok" && !ROW_FINDING.test(finding));
    if (first !== undefined) {
      throw new CommandError("failed", `the database ${this.path} is damaged: ${printable(first)}`, {
        fix: DAMAGE_REMEDY,
      });
    }
  }
}

function from({ name, source }: MovedTable): string {
  return `"${source?.table ?? name}"`;
}

function expressionOf({ source }: MovedTable, column: string): string {
  return source?.columns[column] ?? `"${column}"`;
}
