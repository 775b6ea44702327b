import { existsSync } from "node:fs";
import { join } from "node:path";
import { createDatabase, dropDatabase, type PostgresDatabase } from "./store/postgres-databases.ts";

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

/** A database lives as long as its folder, as an SQLite file does. */
async function dropForgotten(): Promise<void> {
  for (const [directory, database] of databases) {
    if (!existsSync(directory)) {
      databases.delete(directory);
      await dropDatabase(await database);
    }
  }
}
