/** A row as node:sqlite gives it. */
export type Row = Record<string, unknown>;

/** A number that the statement makes, such as a count. */
export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number" && typeof value !== "bigint")
    throw new TypeError(`column ${column} holds no number`);
  return Number(value);
}

export function dateText(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
