/** A row as a driver returns it. */
export type Row = Record<string, unknown>;

/** A text that the statement computes, so that a wrong type is a bug. */
export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") {
    throw new TypeError(`column ${column} holds no text`);
  }
  return value;
}

/** A number that the statement computes, such as a count. */
export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number" && typeof value !== "bigint") {
    throw new TypeError(`column ${column} holds no number`);
  }
  return Number(value);
}

export function mapped<Result>(row: Row | undefined, decode: (row: Row) => Result): Result | undefined {
  return row === undefined ? undefined : decode(row);
}

/** A time as better-auth stores it: ISO 8601 in UTC. */
export function dateText(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
