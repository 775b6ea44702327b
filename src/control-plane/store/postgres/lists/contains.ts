/** SQL: whether a column contains the value of a parameter, ignoring the case of all letters. */
export function contains(column: string, parameter: string): string {
  return `position(fold(${parameter}::text collate "C") in fold(${column})) > 0`;
}
