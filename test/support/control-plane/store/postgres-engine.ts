import type { Store } from "../../../../src/control-plane/store/contract/store.ts";
import { MIGRATIONS } from "../../../../src/control-plane/store/postgres/migrations/migrations.ts";
import { SCHEMA_VERSION } from "../../../../src/control-plane/store/postgres/migrations/schema-version.ts";
import { postgresUrl } from "../postgres.ts";
import type { Outage, StoreEngine, TestDatabase } from "./engine.ts";
import { openByUrl } from "./open-by-url.ts";
import {
  createBareDatabase,
  createDatabase,
  dropDatabase,
  type PostgresDatabase,
  query,
} from "./postgres-databases.ts";
import { startTcpGate, type TcpGate } from "./tcp-gate.ts";

const bareDatabase = () => behindGate(createBareDatabase());

export const postgresEngine: StoreEngine = {
  name: "postgres",
  newDatabase: () => behindGate(createDatabase()),
  newBareDatabase: bareDatabase,
  version: MIGRATIONS.length,
  async newDatabaseAt(version) {
    const database = await bareDatabase();
    const steps = MIGRATIONS.slice(0, version).map(({ statements }) => statements);
    await database.sql(
      `${SCHEMA_VERSION}; ${steps.join(";")}; update "schemaVersion" set version = ${version}`,
    );
    return database;
  },
  async makeNewer(database) {
    await database.sql(`update "schemaVersion" set version = version + 1, "oldestProgram" = version + 1`);
  },
  schemaOf: (database) =>
    database.sql(`
      select 'column' as kind, table_name as name, column_name || ' ' || data_type || ' ' || is_nullable as what
        from information_schema.columns where table_schema = 'public'
      union all select 'index', indexname, indexdef from pg_indexes where schemaname = 'public'
      union all select 'constraint', conrelid::regclass::text, pg_get_constraintdef(oid)
        from pg_constraint where connamespace = 'public'::regnamespace
      union all select 'trigger', tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
      union all select 'version', 'schemaVersion', version::text from "schemaVersion"
      order by 1, 2, 3`),
  outages: [
    gateOutage("its connections are cut", (gate) => gate.refuse()),
    gateOutage("it is silent", (gate) => gate.hold()),
    {
      name: "it takes no changes",
      stopsReads: false,
      async begin(database) {
        await setReadOnly(database, "on");
        return () => setReadOnly(database, "off");
      },
    },
  ],
};

function gateOutage(name: string, begin: (gate: TcpGate) => void): Outage {
  return {
    name,
    stopsReads: true,
    async begin(database) {
      const { gate } = placeOf(database);
      begin(gate);
      return async () => gate.pass();
    },
  };
}

/** As a managed database becomes if its disk is almost full. Connections are made anew. */
async function setReadOnly(database: TestDatabase, value: "on" | "off"): Promise<void> {
  const { server, name } = placeOf(database);
  const admin = postgresUrl(server, "postgres");
  await query(admin, `alter database ${name} set default_transaction_read_only = ${value}`);
  await query(admin, `select pg_terminate_backend(pid) from pg_stat_activity where datname = ?`, [name]);
}

interface Place extends PostgresDatabase {
  /** Between the stores and the server. */
  readonly gate: TcpGate;
}

const places = new WeakMap<TestDatabase, Place>();

function placeOf(database: TestDatabase): Place {
  const place = places.get(database);
  if (place === undefined) {
    throw new Error("the database is not one of this engine");
  }
  return place;
}

async function behindGate(made: Promise<PostgresDatabase>): Promise<TestDatabase> {
  const created = await made;
  const place = { ...created, gate: await startTcpGate(created.server.port) };
  const database = databaseAt(place);
  places.set(database, place);
  return database;
}

/** Stores reach the server through the gate, `sql` past it. */
function databaseAt({ gate, ...place }: Place): TestDatabase {
  const stores: Store[] = [];
  const url = postgresUrl({ ...place.server, port: gate.port }, place.name);
  return {
    url,
    async open() {
      const store = await openByUrl(url);
      stores.push(store);
      return store;
    },
    sql: (text, ...values) => query(place.url, text, values),
    async remove() {
      gate.pass();
      await Promise.all(stores.map((store) => store.close()));
      await gate.close();
      await dropDatabase(place);
    },
  };
}
