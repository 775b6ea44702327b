import type { CustomTypesConfig } from "pg";
import { types } from "pg";

/** pg_type.oid of the types that are read in our own way. */
const BOOLEAN = 16;
const BIGINT = 20;
const TIMESTAMPTZ = 1184;

const parsers: ReadonlyMap<number, (text: string) => unknown> = new Map<number, (text: string) => unknown>([
  // As SQLite has them, so that both stores share their records.
  [BOOLEAN, (text) => (text === "t" ? 1 : 0)],
  [BIGINT, integer],
  [TIMESTAMPTZ, isoDate],
]);

/**
 * How our own statements read values. better-auth reads the same tables with pg's own parsers, so
 * these are never set on the module.
 */
export const resultTypes: CustomTypesConfig = {
  getTypeParser(oid: number, format?: string) {
    const own = format === "binary" ? undefined : parsers.get(oid);
    return own ?? (format === "binary" ? types.getTypeParser(oid, "binary") : types.getTypeParser(oid));
  },
};

function integer(text: string): number | bigint {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}

/** In UTC, since each connection sets its time zone. `infinity` is no date and stays as it is. */
function isoDate(text: string): string {
  const time = Date.parse(text.replace(" ", "T").replace(/\+00$/u, "Z"));
  return Number.isNaN(time) ? text : new Date(time).toISOString();
}
