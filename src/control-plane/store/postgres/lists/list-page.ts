import type { Row } from "../../rows/row.ts";
import { PostgresStatements, type Value } from "../connection/statements.ts";

export type Values = Readonly<Record<string, Value>>;

/** A list in one of its orders. Entries that are equal in it are in the order of their creation. */
interface OrderedList {
  /** The columns of an entry. */
  readonly columns: string;
  /** The listed table and all joins. None of them makes two rows of an entry. */
  readonly tables: string;
  /** Which entries are listed. */
  readonly matching: string;
  readonly values: Values;
  /** Finds the listed entry with the id `:at`, under the same alias as `select`. */
  readonly from: string;
  readonly alias: string;
  /** The expression to order by; undefined: only the order of creation. */
  readonly key: string | undefined;
  /**
   * No index has the key. So all entries are sorted, by what the order and the conditions need; the
   * columns are read for those of the page.
   */
  readonly isUnindexed: boolean;
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
export class PostgresListPages extends PostgresStatements {
  async page(list: OrderedList, { limit, before, after, isDescending }: Cursor): Promise<readonly Row[]> {
    const at = before ?? after;
    const isBackward = before === null && after !== null;
    const direction = isDescending === isBackward ? "asc" : "desc";
    const { columns, tables, matching, alias, key } = list;
    const order = key === undefined ? [`${alias}.ordinal`] : [key, `${alias}.ordinal`];
    const sorted = order.map((each) => `${each} ${direction}`).join();
    // Without such an entry the comparison is with null, so the page is empty.
    const next = direction === "asc" ? ">" : "<";
    const place = at === null ? "" : `and (${order.join()}) ${next} (select ${order.join()} ${list.from})`;
    const entries = `from ${tables} where ${matching} ${place} order by ${sorted} limit :limit`;
    const sql = list.isUnindexed
      ? `select ${columns} from ${tables} where ${alias}.id in (select ${alias}.id ${entries}) order by ${sorted}`
      : `select ${columns} ${entries}`;
    const rows = await this.allNamed(sql, { ...list.values, at, limit });
    return isBackward ? rows.reverse() : rows;
  }
}
