import { Cells } from "../rows/cells.ts";
import type { Row } from "../rows/row.ts";

/** PostgreSQL's types that our tables have. */
const TYPES = ["text", "bigint", "integer", "boolean", "timestamp with time zone"] as const;
export type ColumnType = (typeof TYPES)[number];

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly isNullable: boolean;
}

/** The cells of a row in the order of its columns, in the form in which both databases agree. */
export type CanonicalRow = readonly (string | null)[];

const MAX_INTEGER = 2_147_483_647;

export function columnType(name: string): ColumnType {
  const type = TYPES.find((each) => each === name);
  if (type === undefined) {
    throw new TypeError(`a column has the type ${name}, which no row of SQLite can be moved to`);
  }
  return type;
}

/**
 * A row of SQLite. `damaged` names the columns whose value PostgreSQL cannot hold. A value that it
 * can hold and the store calls damaged, such as text that is no JSON, moves as it is.
 */
export function canonicalRow(
  row: Row,
  columns: readonly Column[],
): { readonly cells: CanonicalRow; readonly damaged: readonly string[] } {
  const reader = new Cells(row);
  const cells = columns.map((column) => cellOf(reader, row, column));
  const misplaced = columns.filter(({ name, isNullable }, n) => isBad(row[name], cells[n], isNullable));
  return { cells, damaged: [...new Set([...reader.damaged, ...misplaced.map(({ name }) => name)])] };
}

/** PostgreSQL holds no NUL in a text. */
function isBad(value: unknown, cell: string | null | undefined, isNullable: boolean): boolean {
  const isNull = value === null || value === undefined;
  return (isNull && !isNullable) || cell?.includes("\0") === true;
}

function cellOf(reader: Cells, row: Row, { name, type }: Column): string | null {
  if (row[name] === null || row[name] === undefined) {
    return null;
  }
  switch (type) {
    case "text":
      return reader.text(name);
    case "bigint":
      return String(reader.count(name));
    case "integer":
      return String(reader.count(name, MAX_INTEGER));
    case "boolean":
      return reader.flag(name) ? "1" : "0";
    case "timestamp with time zone":
      return new Date(reader.date(name)).toISOString();
  }
}

/** A row of PostgreSQL, as result-types.ts reads it. */
export function canonicalRowRead(row: Row, columns: readonly Column[]): CanonicalRow {
  return columns.map(({ name }) => {
    const value = row[name];
    return value === null || value === undefined ? null : String(value);
  });
}
