import type { QueryResult } from "pg";
import type { Row } from "../../rows/row.ts";

export type Value = string | number | bigint | boolean | null | readonly (string | number | boolean | null)[];

/** The server's wall clock in epoch milliseconds, when the statement runs. */
export const NOW_MS = "(extract(epoch from clock_timestamp()) * 1000)::bigint";

/** Something that runs SQL: a connection of its own, a transaction, or any connection of a pool. */
export interface Runner {
  /**
   * Rejects with `StoreUnavailable` if the server cannot answer. With a `name` the server keeps the
   * statement and its plan.
   */
  query(text: string, values: readonly Value[], name?: string): Promise<QueryResult<Row>>;
}

/** Names are per connection, but one for each text is simplest. */
const names = new Map<string, string>();

function nameOf(text: string): string {
  const known = names.get(text);
  if (known !== undefined) {
    return known;
  }
  const name = `s${names.size + 1}`;
  names.set(text, name);
  return name;
}

/** Runs SQL. Statements are prepared once for each connection, at their first use. */
export class PostgresStatements {
  private readonly runner: Runner;

  constructor(runner: Runner) {
    this.runner = runner;
  }

  protected async run(text: string, ...values: Value[]): Promise<void> {
    await this.runner.query(text, values, nameOf(text));
  }

  /** True if the statement changed at least one row. */
  protected async changes(text: string, ...values: Value[]): Promise<boolean> {
    const { rowCount } = await this.runner.query(text, values, nameOf(text));
    return (rowCount ?? 0) > 0;
  }

  protected async get(text: string, ...values: Value[]): Promise<Row | undefined> {
    const { rows } = await this.runner.query(text, values, nameOf(text));
    return rows[0];
  }

  protected async all(text: string, ...values: Value[]): Promise<Row[]> {
    const { rows } = await this.runner.query(text, values, nameOf(text));
    return rows;
  }

  /**
   * With `:name` for each value. Planned anew each time, with the values, so that a filter which is
   * not given costs nothing.
   */
  protected async allNamed(text: string, values: Readonly<Record<string, Value>>): Promise<Row[]> {
    const used: string[] = [];
    const numbered = text.replaceAll(/(?<!:):([a-z]\w*)/giu, (_, name: string) => {
      const known = used.indexOf(name);
      return `$${known === -1 ? used.push(name) : known + 1}`;
    });
    const { rows } = await this.runner.query(
      numbered,
      used.map((name) => values[name] ?? null),
    );
    return rows;
  }
}

/** PostgreSQL answers the commit of a transaction in which a statement failed with ROLLBACK. */
export async function commit(runner: Runner): Promise<void> {
  const { command } = await runner.query("commit", []);
  if (command !== "COMMIT") {
    throw new Error("a statement of the transaction failed, and nobody said so");
  }
}

/** Rejects as the first one does, once all have ended. */
export async function settled(statements: readonly unknown[]): Promise<void> {
  await Promise.allSettled(statements);
  await Promise.all(statements);
}
