import { withQuery } from "../../state/navigation.ts";
import { usePlace } from "../../state/page-state.ts";
import { Link } from "../link.tsx";
import { FIRST_PAGE, type ListOrder, type ListSort, sortText } from "./list-query.ts";

interface TableHeadProps {
  /** A column is a text, or one of the fields that the list can be ordered by. */
  readonly columns: readonly (string | ListSort)[];
  /** The order now; undefined: the list has only one. */
  readonly order?: ListOrder;
  /** Whether the table ends with a column of action menus. */
  readonly hasActions?: boolean;
}

export function TableHead({ columns, order, hasActions }: TableHeadProps) {
  return (
    <thead>
      <tr>
        {columns.map((column) =>
          typeof column === "string" ? (
            <th key={column} scope="col">
              {column}
            </th>
          ) : (
            <SortedHead key={column.field} sort={column} order={order} />
          ),
        )}
        {hasActions === true ? (
          <th scope="col">
            <span class="visually-hidden">Actions</span>
          </th>
        ) : null}
      </tr>
    </thead>
  );
}

/** A click orders the list by this column, and another one turns the order around. */
function SortedHead({ sort, order }: { sort: ListSort; order: ListOrder | undefined }) {
  const place = usePlace();
  const { field, label, first } = sort;
  const isBy = order?.field === field;
  const other = order?.order === "ascending" ? "descending" : "ascending";
  const next = sortText({ field, order: isBy ? other : first });
  return (
    <th scope="col" aria-sort={isBy ? order.order : undefined}>
      <Link to={withQuery(place, { ...FIRST_PAGE, sort: next })} class="sort">
        {label}
      </Link>
    </th>
  );
}
