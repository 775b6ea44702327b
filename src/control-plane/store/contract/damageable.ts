/**
 * A record whose row may hold invalid values, because somebody edited the database or a disk
 * failed.
 */
export interface Damageable {
  /** Columns that cannot be read. The record has "(damaged)", 0 or null in their place. */
  readonly damaged: readonly string[];
}
