import * as z from "zod";
import type { Row } from "./row.ts";

/** Stands in for a text that cannot be read. */
export const UNREADABLE = "(damaged)";
/** The last time that a JavaScript date can hold, in epoch ms (ECMA-262, 21.4.1.1). */
const LAST_TIME = 8.64e15;
/** The form in which better-auth writes dates: ISO 8601 in UTC. */
const ISO_DATE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z$/;
const jsonObject = z.record(z.string(), z.unknown());

/**
 * Reads the cells of one row. An invalid value (a wrong type, an invalid date, an unknown word)
 * means that somebody edited the database or a disk failed. It affects only its own cell: a
 * harmless value takes its place, and `damaged` names the column.
 */
export class Cells {
  readonly damaged: string[] = [];
  private readonly row: Row;

  constructor(row: Row) {
    this.row = row;
  }

  text(column: string): string {
    const value = this.row[column];
    return typeof value === "string" ? value : this.spoil(column, UNREADABLE);
  }

  textOrNull(column: string): string | null {
    return this.isNull(column) ? null : this.text(column);
  }

  /** Epoch milliseconds. 0 if it cannot be read. */
  time(column: string): number {
    return this.timeOrNull(column) ?? this.spoil(column, 0);
  }

  /** Epoch milliseconds. Null also if it cannot be read. */
  timeOrNull(column: string): number | null {
    if (this.isNull(column)) {
      return null;
    }
    const value = Number(this.integerOrUndefined(column));
    return value >= 0 && value <= LAST_TIME ? value : this.spoil(column, null);
  }

  /** An integer from 0 to `most`. 0 if it cannot be read. */
  count(column: string, most = Number.MAX_SAFE_INTEGER): number {
    return this.countOrNull(column, most) ?? this.spoil(column, 0);
  }

  /** An integer from 0 to `most`. Null also if it cannot be read. */
  countOrNull(column: string, most = Number.MAX_SAFE_INTEGER): number | null {
    if (this.isNull(column)) {
      return null;
    }
    const value = Number(this.integerOrUndefined(column));
    return value >= 0 && value <= most ? value : this.spoil(column, null);
  }

  /** A date in better-auth's form, as epoch milliseconds. 0 if it cannot be read. */
  date(column: string): number {
    return this.dateOrNull(column) ?? this.spoil(column, 0);
  }

  dateOrNull(column: string): number | null {
    if (this.isNull(column)) {
      return null;
    }
    const value = this.row[column];
    const time = typeof value === "string" && ISO_DATE.test(value) ? Date.parse(value) : Number.NaN;
    return Number.isNaN(time) ? this.spoil(column, null) : time;
  }

  /** Null counts as true, as it does for better-auth. False if it cannot be read. */
  flag(column: string): boolean {
    if (this.isNull(column)) {
      return true;
    }
    const value = Number(this.integerOrUndefined(column));
    return value === 0 || value === 1 ? value === 1 : this.spoil(column, false);
  }

  /** One of `words`. Undefined if it is another text. */
  wordOrUndefined<Word extends string>(column: string, words: readonly Word[]): Word | undefined {
    const value = this.row[column];
    return words.find((word) => word === value) ?? this.spoil(column, undefined);
  }

  /** The text of a JSON object. "{}" if it cannot be read. */
  json(column: string): string {
    const value = this.row[column];
    return typeof value === "string" && this.parsed(value, jsonObject) !== undefined
      ? value
      : this.spoil(column, "{}");
  }

  /** A JSON text, decoded. Null also if it cannot be read. */
  jsonOrNull<Schema extends z.ZodType>(column: string, schema: Schema): z.output<Schema> | null {
    if (this.isNull(column)) {
      return null;
    }
    const value = this.row[column];
    const parsed = typeof value === "string" ? this.parsed(value, schema) : undefined;
    return parsed === undefined ? this.spoil(column, null) : parsed;
  }

  /** A JSON text, decoded. Undefined if it cannot be read, or is null. */
  jsonOrUndefined<Schema extends z.ZodType>(column: string, schema: Schema): z.output<Schema> | undefined {
    const value = this.row[column];
    const parsed = typeof value === "string" ? this.parsed(value, schema) : undefined;
    return parsed === undefined ? this.spoil(column, undefined) : parsed;
  }

  private parsed<Schema extends z.ZodType>(text: string, schema: Schema): z.output<Schema> | undefined {
    try {
      return schema.safeParse(JSON.parse(text)).data;
    } catch {
      return undefined;
    }
  }

  private integerOrUndefined(column: string): number | bigint | undefined {
    const value = this.row[column];
    if (typeof value === "bigint") {
      return value;
    }
    return typeof value === "number" && Number.isInteger(value) ? value : undefined;
  }

  private isNull(column: string): boolean {
    return this.row[column] === null || this.row[column] === undefined;
  }

  private spoil<Value>(column: string, instead: Value): Value {
    if (!this.damaged.includes(column)) {
      this.damaged.push(column);
    }
    return instead;
  }
}
