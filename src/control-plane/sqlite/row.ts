/** A row as node:sqlite gives it. */
export type Row = Record<string, unknown>;

/** A column that holds text; anything else means that somebody changed the database by hand. */
export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw new TypeError(`column ${column} holds no text`);
  return value;
}

export function textOrNull(row: Row, column: string): string | null {
  const value = row[column];
  return value === null || value === undefined ? null : text(row, column);
}

export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number") throw new TypeError(`column ${column} holds no number`);
  return value;
}

export function integerOrNull(row: Row, column: string): number | null {
  const value = row[column];
  return value === null || value === undefined ? null : integer(row, column);
}

/** better-auth keeps dates as ISO 8601 text in UTC; epoch milliseconds here. */
export function dateOrNull(row: Row, column: string): number | null {
  const value = textOrNull(row, column);
  if (value === null) return null;
  const time = Date.parse(value);
  if (Number.isNaN(time)) throw new TypeError(`column ${column} holds no date`);
  return time;
}

export function date(row: Row, column: string): number {
  const time = dateOrNull(row, column);
  if (time === null) throw new TypeError(`column ${column} holds no date`);
  return time;
}

export function dateText(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
