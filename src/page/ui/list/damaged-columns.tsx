/** Which columns of a row the database does not give as they are; nothing where all is well. */
export function DamagedColumns({ columns }: { columns: readonly string[] }) {
  if (columns.length === 0) {
    return null;
  }
  return <span class="under warning">its row in the database is damaged: {columns.join(", ")}</span>;
}
