import type { SQLInputValue } from "node:sqlite";
import type { Row } from "../../rows/row.ts";
import { SqliteStatements } from "../rows/statements.ts";

export type Values = Readonly<Record<string, SQLInputValue>>;

/** A list in one of its orders. Entries that are equal in it are ordered by rowid. */
export interface OrderedList {
  /** What to select, with all joins and conditions. */
  readonly select: string;
  readonly values: Values;
  /** The alias of the listed table, and its conditions for a cursor. */
  readonly table: string;
  readonly alias: string;
  readonly isListed: string;
  /** The expression to order by; undefined: the rowid alone. An index has it. */
  readonly key: string | undefined;
}

interface Cursor {
  readonly limit: number;
  readonly before: string | null;
  readonly after: string | null;
  readonly isDescending: boolean;
}

/**
 * Reads pages of lists. A page that ends in front of an entry is read backwards, so that as few
 * rows are read as for one that follows it.
 */
export class SqliteListPages extends SqliteStatements {
  page(list: OrderedList, { limit, before, after, isDescending }: Cursor): readonly Row[] {
    const at = before ?? after;
    const place = at === null ? undefined : this.place(list, at);
    if (at !== null && place === undefined) {
      return [];
    }
    const isBackward = before === null && after !== null;
    const direction = isDescending === isBackward ? "asc" : "desc";
    const { alias, key } = list;
    const order = key === undefined ? "" : `${key} ${direction}, `;
    const sql = `${list.select} ${place === undefined ? "" : behind(list, direction)}
      order by ${order}${alias}.rowid ${direction} limit :limit`;
    const rows = this.allNamed(sql, { ...list.values, ...place, limit });
    return isBackward ? rows.reverse() : rows;
  }

  /** Undefined if the entry is not in the list's organization. */
  private place({ table, alias, isListed, key, values }: OrderedList, id: string): Values | undefined {
    const order = key === undefined ? "" : `, ${key} as listKey`;
    const sql = `select ${alias}.rowid as listRow${order} from ${table} ${alias} where ${alias}.id = :at and ${isListed}`;
    const [row] = this.allNamed(sql, { at: id, organizationId: values["organizationId"] ?? null });
    if (row === undefined) {
      return undefined;
    }
    const listRow = cell(row, "listRow");
    return key === undefined ? { listRow } : { listRow, listKey: cell(row, "listKey") };
  }
}

/** The entries that follow a place. */
function behind({ alias, key }: OrderedList, direction: "asc" | "desc"): string {
  const next = direction === "asc" ? ">" : "<";
  const isNext = `${alias}.rowid ${next} :listRow`;
  return key === undefined
    ? `and ${isNext}`
    : `and ${key} ${next}= :listKey and (${key} ${next} :listKey or ${isNext})`;
}

function cell(row: Row, column: string): SQLInputValue {
  const value = row[column];
  return typeof value === "bigint" || typeof value === "number" || typeof value === "string" ? value : null;
}
