/** What lists mean, without a database. */

/** How many rows the lists of tests have. */
export const ROWS = 90;

/** Names that differ only in case, or have what SQL takes for a pattern. */
export const SEARCHED_NAMES = [
  "prod",
  "PROD-2",
  "a%b",
  "a_b",
  "axb",
  "Ärger-1",
  "ÄRGER-2",
  "ärger\\3",
  "日本",
  "Straße",
  "zürich'",
];

/** Parts of those names, in other cases, and some that no name has. */
export const TEXTS = [
  "Prod",
  "%",
  "_",
  "a_",
  "\\",
  "är",
  "ÄR",
  "ärger",
  "本",
  "SS",
  "ß",
  "ü",
  "'",
  " ",
  "(",
  "zz",
];

export function contains(text: string, part: string): boolean {
  return text.toLowerCase().includes(part.toLowerCase());
}

/** By the bytes of UTF-8, which is no language's order and the same everywhere. */
export function byText(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

interface Asked {
  readonly isDescending: boolean;
  readonly limit: number;
  readonly before: string | null;
  readonly after: string | null;
}

/**
 * The ids of a page of `found`, which are some of `all`. Those that are equal in `order` keep the
 * order of `all`. A cursor need not be among those that are found.
 */
export function pageOf<Entry extends { readonly id: string }>(
  all: readonly Entry[],
  found: readonly Entry[],
  order: (one: Entry, other: Entry) => number,
  { isDescending, limit, before, after }: Asked,
): readonly string[] {
  const sorted = all.toSorted(order);
  const listed = (isDescending ? sorted.toReversed() : sorted).map(({ id }) => id);
  const wanted = new Set(found.map(({ id }) => id));
  const start = before === null ? 0 : listed.indexOf(before) + 1;
  const end = after === null ? listed.length : listed.indexOf(after);
  const rest = listed.slice(start, end).filter((id) => wanted.has(id));
  return after === null ? rest.slice(0, limit) : rest.slice(-limit);
}
