import { copyFileSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Store } from "../../../../src/control-plane/store/contract/store.ts";
import { MIGRATIONS } from "../../../../src/control-plane/store/sqlite/migrations/migrations.ts";
import { defineRoleRepair } from "../../../../src/control-plane/store/sqlite/migrations/role-repair.ts";
import { defineFunctions, openSqliteStore } from "../../../../src/control-plane/store/sqlite/open.ts";
import { temporaryDirectory } from "../../temp-dir.ts";
import type { StoreEngine, TestDatabase } from "./engine.ts";

const FILE = "cp.db";

export const sqliteEngine: StoreEngine = {
  name: "sqlite",
  async newDatabase() {
    template ??= makeTemplate();
    const database = bareDatabase();
    writeFileSync(pathOf(database), await template, { mode: 0o600 });
    return database;
  },
  async newBareDatabase() {
    return bareDatabase();
  },
  version: MIGRATIONS.length,
  async newDatabaseAt(version) {
    const database = bareDatabase();
    using connection = new DatabaseSync(pathOf(database));
    defineFunctions(connection);
    defineRoleRepair(connection);
    connection.exec("pragma synchronous = off; begin");
    for (const step of MIGRATIONS.slice(0, version)) {
      connection.exec(step);
    }
    connection.exec(`pragma user_version = ${version}; commit`);
    return database;
  },
  async makeNewer(database) {
    await database.sql(`pragma user_version = ${MIGRATIONS.length + 1}`);
  },
  schemaOf: (database) =>
    database.sql(
      `select type, name, tbl_name, sql from sqlite_schema where name not like 'sqlite_%' order by type, name`,
    ),
  outages: [
    {
      name: "the file is moved away",
      stopsReads: true,
      async begin(database, stores) {
        const path = pathOf(database);
        renameSync(path, `${path}.away`);
        look(stores);
        return async () => {
          renameSync(`${path}.away`, path);
          look(stores);
        };
      },
    },
    {
      name: "another file is in its place",
      stopsReads: true,
      async begin(database, stores) {
        const path = pathOf(database);
        renameSync(path, `${path}.away`);
        copyFileSync(`${path}.away`, path);
        look(stores);
        return async () => {
          renameSync(`${path}.away`, path);
          look(stores);
        };
      },
    },
    {
      name: "another process holds its lock",
      stopsReads: false,
      async begin(database) {
        const other = new DatabaseSync(pathOf(database));
        other.exec("begin immediate");
        return async () => other.close();
      },
    },
  ],
};

function bareDatabase(): TestDatabase {
  const directory = temporaryDirectory();
  return databaseAt(join(directory.path, FILE), directory.remove);
}

/** The file of a new database. Making one waits for the disk several times. */
let template: Promise<Buffer> | undefined;

async function makeTemplate(): Promise<Buffer> {
  using directory = temporaryDirectory();
  const path = join(directory.path, FILE);
  await openSqliteStore(path).close();
  return readFileSync(path);
}

/** As store-watch.ts does each second. */
function look(stores: readonly Store[]): void {
  for (const store of stores) {
    store.problem();
  }
}

function pathOf({ url }: TestDatabase): string {
  return url.slice("file:".length);
}

function databaseAt(path: string, removeFolder: () => void): TestDatabase {
  const stores: Store[] = [];
  let connection: DatabaseSync | undefined;
  return {
    url: `file:${path}`,
    async open() {
      const store = openSqliteStore(path);
      stores.push(store);
      return store;
    },
    async sql(text, ...values) {
      connection ??= new DatabaseSync(path, { enableForeignKeyConstraints: true });
      return connection.prepare(text).all(...values);
    },
    async remove() {
      for (const store of stores) {
        await store.close();
      }
      connection?.close();
      removeFolder();
    },
  };
}
