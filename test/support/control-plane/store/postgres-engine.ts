import { randomBytes } from "node:crypto";
import { Client } from "pg";
import type { Store } from "../../../../src/control-plane/store/contract/store.ts";
import { type PostgresServer, postgresServer, postgresUrl } from "../postgres.ts";
import type { Outage, StoreEngine, TestDatabase } from "./engine.ts";
import { openByUrl } from "./open-by-url.ts";
import { startTcpGate, type TcpGate } from "./tcp-gate.ts";

/**
 * Text is ordered and its case changed as in English, as a database of most providers is. The store
 * must do neither by it.
 */
const LOCALE = "locale_provider icu icu_locale 'en-US'";
const BARE = `template template0 ${LOCALE} strategy file_copy`;
/** Of the advisory lock under which the template is made. */
const TEMPLATE_LOCK = 1;
const TEMPLATE = "store_template";

export const postgresEngine: StoreEngine = {
  name: "postgres",
  async newDatabase() {
    template ??= makeTemplate();
    await template;
    return newDatabase(`template ${TEMPLATE} strategy file_copy`);
  },
  newBareDatabase: () => newDatabase(BARE),
  version: 1,
  newDatabaseAt: () => newDatabase(BARE),
  async makeNewer(database) {
    await database.sql(`update "schemaVersion" set version = version + 1`);
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
  await administer(server, `alter database ${name} set default_transaction_read_only = ${value}`);
  await administer(
    server,
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
  );
}

interface Place {
  readonly server: PostgresServer;
  readonly name: string;
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

async function newDatabase(how: string): Promise<TestDatabase> {
  const server = await postgresServer();
  const name = `t_${randomBytes(6).toString("hex")}`;
  await administer(server, `create database ${name} ${how}`);
  const gate = await startTcpGate(server.port);
  const place = { server, name, gate };
  const database = databaseAt(place);
  places.set(database, place);
  return database;
}

/** Stores reach the server through the gate, `sql` past it. */
function databaseAt({ server, name, gate }: Place): TestDatabase {
  const stores: Store[] = [];
  const url = postgresUrl({ ...server, port: gate.port }, name);
  return {
    url,
    async open() {
      const store = await openByUrl(url);
      stores.push(store);
      return store;
    },
    async sql(text, ...values) {
      const client = new Client({ connectionString: postgresUrl(server, name) });
      await client.connect();
      try {
        const [first = "", ...rest] = text.split("?");
        const numbered = rest.reduce((sql, part, n) => `${sql}$${n + 1}${part}`, first);
        const { rows } = await client.query(numbered, [...values]);
        return rows;
      } finally {
        await client.end();
      }
    },
    async remove() {
      gate.pass();
      await Promise.all(stores.map((store) => store.close()));
      await gate.close();
      await administer(server, `drop database ${name} with (force)`);
    },
  };
}

/** A migrated database that others are copied from. The first process makes it for all. */
let template: Promise<void> | undefined;

async function makeTemplate(): Promise<void> {
  const server = await postgresServer();
  const lock = await administrator(server);
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

async function administer(server: PostgresServer, statement: string): Promise<void> {
  const client = await administrator(server);
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function administrator(server: PostgresServer): Promise<Client> {
  const client = new Client({ connectionString: postgresUrl(server, "postgres") });
  await client.connect();
  return client;
}
