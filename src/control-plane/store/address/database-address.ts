import { absolutePath } from "../../../lib/files/absolute-path.ts";
import { isPostgresUrl, type PostgresAddress, parsePostgresUrl } from "./postgres-address.ts";

/** Where the database is, as DATABASE_URL names it. */
export type DatabaseAddress =
  | { readonly kind: "sqlite"; readonly path: string }
  | { readonly kind: "postgres"; readonly address: PostgresAddress };

const WANTED =
  "must be file: and the path of an SQLite file, such as file:/var/lib/novacula-control-plane/control-plane.db, " +
  "or postgres: and where the PostgreSQL database is, such as postgres://novacula:PASSWORD@db.example.com/novacula";
const FILE_URL = /^file:(?:\/\/(?=\/))?[^?#]+$/u;

/**
 * What the URL names, or what it must be: a text without the URL, which may hold a password. Throws
 * an OperatorError for a relative path if the current folder was deleted.
 */
export function parseDatabaseUrl(
  url: string,
): { readonly found: DatabaseAddress } | { readonly problem: string } {
  if (isPostgresUrl(url)) {
    const parsed = parsePostgresUrl(url);
    return parsed.isValid
      ? { found: { kind: "postgres", address: parsed.address } }
      : { problem: parsed.problem };
  }
  if (FILE_URL.test(url)) {
    return { found: { kind: "sqlite", path: absolutePath(url.replace(/^file:(?:\/\/)?/u, "")) } };
  }
  const [, scheme] = /^([a-z][a-z\d+.-]{0,20}):/iu.exec(url) ?? [];
  const isOther = scheme !== undefined && scheme.toLowerCase() !== "file";
  return { problem: isOther ? `${scheme.toLowerCase()}: is not supported: it ${WANTED}` : WANTED };
}

/** For people, without a password. */
export function shownDatabase(database: DatabaseAddress): string {
  return database.kind === "sqlite" ? database.path : database.address.toString();
}
