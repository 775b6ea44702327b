import type { Row } from "../rows/row.ts";
import { type CanonicalRow, type Column, canonicalRow } from "./canonical-row.ts";
import type { MovedTable } from "./moved-tables.ts";
import type { MoveSource } from "./source.ts";
import type { Reference } from "./target.ts";

/** A row that PostgreSQL cannot hold. */
export interface DamagedRow {
  /** The table of SQLite. */
  readonly table: string;
  /** What the columns of its key hold, whatever that is. */
  readonly id: string;
  /** The columns whose value cannot be moved. */
  readonly columns: string[];
}

/** What is read of a table. */
export interface TablePlan {
  readonly table: MovedTable;
  readonly columns: readonly Column[];
  readonly references: readonly Reference[];
}

/**
 * Reads the rows that can be moved. A row whose parent is damaged is left out with it, as a
 * deletion of the parent would delete it, or loses the reference.
 */
export class MovableRows {
  private readonly source: MoveSource;
  /** The keys of the rows that can be moved, for each table that others refer to. */
  private readonly kept = new Map<string, Set<string>>();

  constructor(source: MoveSource, plans: readonly TablePlan[]) {
    this.source = source;
    for (const { parent } of plans.flatMap(({ references }) => references)) {
      this.kept.set(parent, new Set());
    }
  }

  /** The tables have to be read in their order, because rows refer to rows above. */
  *of(
    { table, columns, references }: TablePlan,
    onDamage?: (row: DamagedRow) => void,
  ): Generator<CanonicalRow> {
    const own = this.kept.get(table.name);
    const keyAt = columns.findIndex(({ name }) => name === table.key[0]);
    const links = references.map((reference) => ({
      ...reference,
      at: columns.findIndex(({ name }) => name === reference.column),
    }));
    for (const row of this.source.rows(table, columns)) {
      const { cells, damaged } = canonicalRow(row, columns);
      const dangling = links.filter(({ parent, at }) => this.isMissing(parent, cells[at]));
      const cleared = dangling.filter(({ isCleared }) => isCleared).map(({ at }) => at);
      const bad = new Set([...damaged, ...dangling.map(({ column }) => column)]);
      if (bad.size > 0) {
        onDamage?.({ table: table.source?.table ?? table.name, id: idOf(table, row), columns: [...bad] });
      }
      if (damaged.length > 0 || dangling.length > cleared.length) {
        continue;
      }
      own?.add(cells[keyAt] ?? "");
      yield cleared.length === 0 ? cells : cells.map((cell, at) => (cleared.includes(at) ? null : cell));
    }
  }

  private isMissing(parent: string, key: string | null | undefined): boolean {
    return key !== null && key !== undefined && this.kept.get(parent)?.has(key) !== true;
  }
}

function idOf({ key }: MovedTable, row: Row): string {
  return key.map((column) => String(row[column])).join(" ");
}
