import * as z from "zod";
import type { Row } from "./row.ts";

/** What stands where a text cannot be read. */
export const UNREADABLE = "(damaged)";
/** Beyond this JavaScript has no dates (ECMA-262, 21.4.1.1). */
const LAST_TIME = 8.64e15;
/** As better-auth writes dates: ISO 8601 in UTC. */
const ISO_DATE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z$/;
const jsonObject = z.record(z.string(), z.unknown());

/**
 * Reads the cells of one row. A cell that holds what it may not (a date that is none, another type,
 * an unknown word: somebody changed the database by hand, or a disk did) spoils nothing but itself:
 * something harmless stands in its place, and `damaged` names its column.
 */
export class Cells {
  readonly damaged: string[] = [];
  private readonly row: Row;

  constructor(row: Row) {
    this.row = row;
  }

  text(column: string): string {
    const value = this.row[column];
    return typeof value === "string" ? value : this.spoilt(column, UNREADABLE);
  }

  textOrNull(column: string): string | null {
    return this.isNull(column) ? null : this.text(column);
  }

  /** Epoch milliseconds; 0 where it cannot be read. */
  time(column: string): number {
    return this.timeOrNull(column) ?? this.spoilt(column, 0);
  }

  /** Null, too, where it cannot be read. */
  timeOrNull(column: string): number | null {
    if (this.isNull(column)) {
      return null;
    }
    const value = Number(this.integerOrUndefined(column));
    return value >= 0 && value <= LAST_TIME ? value : this.spoilt(column, null);
  }

  /** The same of a date in better-auth's form. */
  date(column: string): number {
    return this.dateOrNull(column) ?? this.spoilt(column, 0);
  }

  dateOrNull(column: string): number | null {
    if (this.isNull(column)) {
      return null;
    }
    const value = this.row[column];
    const time = typeof value === "string" && ISO_DATE.test(value) ? Date.parse(value) : Number.NaN;
    return Number.isNaN(time) ? this.spoilt(column, null) : time;
  }

  /** False only where it says so, as better-auth reads it. */
  flag(column: string): boolean {
    if (this.isNull(column)) {
      return true;
    }
    const value = Number(this.integerOrUndefined(column));
    return value === 0 || value === 1 ? value === 1 : this.spoilt(column, false);
  }

  /** One of `words`; undefined where it is none. */
  wordOrUndefined<Word extends string>(column: string, words: readonly Word[]): Word | undefined {
    const value = this.row[column];
    return words.find((word) => word === value) ?? this.spoilt(column, undefined);
  }

  /** The text of a JSON object. */
  json(column: string): string {
    const value = this.row[column];
    return typeof value === "string" && this.parsed(value, jsonObject) !== undefined
      ? value
      : this.spoilt(column, "{}");
  }

  /** What the JSON text holds, decoded; null where there is none. */
  jsonOrNull<Schema extends z.ZodType>(column: string, schema: Schema): z.output<Schema> | null {
    if (this.isNull(column)) {
      return null;
    }
    const value = this.row[column];
    const parsed = typeof value === "string" ? this.parsed(value, schema) : undefined;
    return parsed === undefined ? this.spoilt(column, null) : parsed;
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

  private spoilt<Value>(column: string, instead: Value): Value {
    if (!this.damaged.includes(column)) {
      this.damaged.push(column);
    }
    return instead;
  }
}
