/** The head of a table; `hasActions`: its last column holds what can be done with a row. */
export function ListHead({ columns, hasActions }: { columns: readonly string[]; hasActions?: boolean }) {
  return (
    <thead>
      <tr>
        {columns.map((column) => (
          <th key={column} scope="col">
            {column}
          </th>
        ))}
        {hasActions === true ? (
          <th scope="col">
            <span class="visually-hidden">Actions</span>
          </th>
        ) : null}
      </tr>
    </thead>
  );
}
