import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createDatabase, dropDatabase, type PostgresDatabase, query } from "./store/postgres-databases.ts";

/**
 * The environment variable with the engine on which tests run control planes: `sqlite` by default,
 * or `postgres`.
 */
const ENGINE = "NOVACULA_TEST_ENGINE";

export function isOnPostgres(): boolean {
  return process.env[ENGINE] === "postgres";
}

const databases = new Map<string, Promise<PostgresDatabase>>();

/** DATABASE_URL of the control plane whose folder this is: the same one for the same folder. */
export async function databaseUrlFor(directory: string): Promise<string> {
  if (!isOnPostgres()) {
    return `file:${join(directory, "control-plane.db")}`;
  }
  await dropForgotten();
  const known = databases.get(directory) ?? createDatabase();
  databases.set(directory, known);
  return (await known).url;
}

/**
 * Runs a statement past the control plane whose folder this is, with `?` for each value. Resolves
 * with its rows.
 */
export async function sqlIn(
  directory: string,
  text: string,
  ...values: readonly (string | number)[]
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const url = await databaseUrlFor(directory);
  if (isOnPostgres()) {
    return query(url, text, values);
  }
  using database = new DatabaseSync(url.slice("file:".length), { timeout: 5000 });
  return database.prepare(text).all(...values);
}

/** A database lives as long as its folder, as an SQLite file does. */
async function dropForgotten(): Promise<void> {
  for (const [directory, database] of databases) {
    if (!existsSync(directory)) {
      databases.delete(directory);
      await dropDatabase(await database);
    }
  }
}
