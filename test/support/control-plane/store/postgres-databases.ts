import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { type PostgresServer, postgresServer, postgresUrl } from "../postgres.ts";
import { openByUrl } from "./open-by-url.ts";

/** A database on this run's server. */
export interface PostgresDatabase {
  readonly server: PostgresServer;
  readonly name: string;
  /** As a superuser, past every gate. */
  readonly url: string;
}

/**
 * Text is ordered and its case changed as in English, as a database of most providers is. The store
 * must do neither by it.
 */
const LOCALE = "locale_provider icu icu_locale 'en-US'";
/** Of the advisory lock under which the template is made. */
const TEMPLATE_LOCK = 1;
const TEMPLATE = "store_template";

/** A new database at this program's version. */
export async function createDatabase(): Promise<PostgresDatabase> {
  template ??= makeTemplate();
  await template;
  return create(`template ${TEMPLATE}`);
}

/** A new database with nothing in it. */
export function createBareDatabase(): Promise<PostgresDatabase> {
  return create(`template template0 ${LOCALE}`);
}

/** Ends its connections, too. */
export function dropDatabase({ server, name }: PostgresDatabase): Promise<unknown> {
  return query(postgresUrl(server, "postgres"), `drop database ${name} with (force)`);
}

/** Runs a statement, with `?` for each value, on a connection of its own. */
export async function query(
  url: string,
  text: string,
  values: readonly (string | number | null)[] = [],
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const [first = "", ...rest] = text.split("?");
    const numbered = rest.reduce((sql, part, n) => `${sql}$${n + 1}${part}`, first);
    const { rows } = await client.query(numbered, [...values]);
    return rows;
  } finally {
    await client.end();
  }
}

async function create(how: string): Promise<PostgresDatabase> {
  const server = await postgresServer();
  const name = `t_${randomBytes(6).toString("hex")}`;
  // Copying the files is the quickest while nothing is synced to the disk.
  await query(postgresUrl(server, "postgres"), `create database ${name} ${how} strategy file_copy`);
  return { server, name, url: postgresUrl(server, name) };
}

/** A migrated database that others are copied from. The first process makes it for all. */
let template: Promise<void> | undefined;

async function makeTemplate(): Promise<void> {
  const server = await postgresServer();
  const lock = new Client({ connectionString: postgresUrl(server, "postgres") });
  await lock.connect();
  try {
    await lock.query(`select pg_advisory_lock(${TEMPLATE_LOCK})`);
    const { rowCount } = await lock.query(`select from pg_database where datname = '${TEMPLATE}'`);
    if (rowCount === 0) {
      await lock.query(`create database ${TEMPLATE}_new template template0 ${LOCALE}`);
      const store = await openByUrl(postgresUrl(server, `${TEMPLATE}_new`));
      await store.close();
      await lock.query(`alter database ${TEMPLATE}_new rename to ${TEMPLATE}`);
    }
  } finally {
    await lock.end();
  }
}
