/** One page of a list: at most `limit` entries that follow the entry with the id `before`. */
export interface Page {
  readonly limit: number;
  readonly before: string | null;
}

export interface SearchPage extends Page {
  /**
   * Matches any part of a name, ignoring case, or the beginning of an id or fingerprint. Null
   * matches everything.
   */
  readonly search: string | null;
}
