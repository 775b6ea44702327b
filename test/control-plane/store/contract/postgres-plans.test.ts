import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { AuditReader } from "../../../../src/control-plane/store/contract/audit.ts";
import type { ExecutorReader } from "../../../../src/control-plane/store/contract/executors.ts";
import type { KeyReader } from "../../../../src/control-plane/store/contract/keys.ts";
import type { NodeReader } from "../../../../src/control-plane/store/contract/nodes.ts";
import type { OrganizationReader } from "../../../../src/control-plane/store/contract/organizations.ts";
import type { PeopleReader } from "../../../../src/control-plane/store/contract/people.ts";
import type { OpenedStore } from "../../../../src/control-plane/store/open/open-store.ts";
import { KEY_PAGE } from "../../../support/control-plane/list-pages.ts";
import { lacksPostgres, postgresUrl } from "../../../support/control-plane/postgres.ts";
import { fillLargePostgres } from "../../../support/control-plane/store/large-postgres.ts";
import {
  everyExecutorPage,
  LARGE_READS,
  NOW,
  type Reads,
} from "../../../support/control-plane/store/large-reads.ts";
import { openByUrl } from "../../../support/control-plane/store/open-by-url.ts";
import {
  createDatabase,
  dropDatabase,
  type PostgresDatabase,
  query,
} from "../../../support/control-plane/store/postgres-databases.ts";
import { eventually } from "../../../support/eventually.ts";

/** Of each large table: small with each change, and large in `npm run test:long`. */
const ROWS = Number(process.env["NOVACULA_PLAN_ROWS"] ?? 20_000);

/** What is about all rows of an organization reads all of them, in whatever order. */
const ABOUT_ALL: ReadonlyMap<string, string> = new Map([
  ["keys.any", "ends at the first row"],
  ["keys.count", "counts"],
  ["keys.health", "counts"],
  ["executors.count", "counts"],
  ["executors.health", "counts"],
  ["executors.versions", "counts"],
  ["executors.list", "by the last sync, which has no index; the tests below look at each order"],
  ["executors.lastTwoInstances", "every few seconds, in place of a lookup for each executor"],
  ["executors.syncedSince", "once, when a control plane starts"],
]);
const LARGE = /^(?:apikey|executor|executorKey|executorKeyUsage|heartbeat|keyUse|auditEvent)$/;

/** Each method, asked of a store. */
const READS = [
  ...named<KeyReader>("keys", LARGE_READS.keys, ({ keys }) => keys),
  ...named<ExecutorReader>("executors", LARGE_READS.executors, ({ executors }) => executors),
  ...named<NodeReader>("nodes", LARGE_READS.nodes, ({ nodes }) => nodes),
  ...named<OrganizationReader>(
    "organizations",
    LARGE_READS.organizations,
    ({ organizations }) => organizations,
  ),
  ...named<AuditReader>("audit", LARGE_READS.audit, ({ audit }) => audit),
  ...named<PeopleReader>("people", LARGE_READS.people, ({ people }) => people),
];

function named<Reader>(subject: string, reads: Reads<Reader>, readerOf: (store: OpenedStore) => Reader) {
  return Object.entries<(reader: Reader) => Promise<unknown>>(reads).map(([method, read]) => ({
    name: `${subject}.${method}`,
    read: (store: OpenedStore) => read(readerOf(store)),
  }));
}

/** The tables that plans in the server's log read from end to end. */
function scannedIn(log: string): readonly string[] {
  return [...log.matchAll(/Seq Scan on "?(\w+)"?/g)].map(([, table = ""]) => table);
}

/** Lets the server log the plan of each statement of later connections. */
async function logPlans({ name, server }: PostgresDatabase): Promise<void> {
  const admin = postgresUrl(server, "postgres");
  for (const setting of [
    "session_preload_libraries = auto_explain",
    "auto_explain.log_min_duration = 0",
    "auto_explain.log_nested_statements = on",
    "log_error_verbosity = terse",
  ]) {
    await query(admin, `alter database ${name} set ${setting}`);
  }
}

/** What the server logs of the database while `work` runs. */
async function loggedOf(database: PostgresDatabase, work: () => Promise<unknown>): Promise<string> {
  const logOf = () => readFileSync(join(database.server.folder, "server.log"), "utf8");
  const before = logOf().length;
  await work();
  await eventually(() => logOf().includes("plan:", before), { describe: "the plans are logged" });
  const entries = logOf()
    .slice(before)
    .split(/\n(?=\S)/);
  return entries.filter((entry) => entry.startsWith(`${database.name} `)).join("\n");
}

describe.skipIf(lacksPostgres())("query plans of postgres", () => {
  let database: PostgresDatabase;
  let store: OpenedStore;
  beforeAll(async () => {
    database = await createDatabase();
    await fillLargePostgres(database, { keys: ROWS, executors: ROWS, auditEvents: ROWS, actors: 300 }, NOW);
    await logPlans(database);
    store = await openByUrl(database.url);
    return async () => {
      await store.close();
      await dropDatabase(database);
    };
  }, 600_000);

  const logWhile = (work: () => Promise<unknown>) => loggedOf(database, work);

  it.each(READS.filter(({ name }) => !ABOUT_ALL.has(name)))(
    "$name reads no large table from one end to the other",
    async ({ read }) => {
      const log = await logWhile(() => read(store));
      expect(log).toContain("plan:");
      expect(scannedIn(log).filter((table) => LARGE.test(table))).toEqual([]);
    },
  );

  it("executors.list by creation or name reads no large table from one end to the other", async () => {
    const log = await logWhile(() => everyExecutorPage(store.executors, ["created", "name"]));
    expect(log).toContain("plan:");
    expect(scannedIn(log).filter((table) => LARGE.test(table))).toEqual([]);
  });

  it("executors.list by the last sync reads all of what it orders by, and the rest of a page alone", async () => {
    const log = await logWhile(() => everyExecutorPage(store.executors, ["seen"]));
    const scanned = new Set(scannedIn(log).filter((table) => LARGE.test(table)));
    expect([...scanned].sort()).toEqual(["executor", "heartbeat"]);
  });

  it("would say so: the test itself can fail", async () => {
    const log = await logWhile(() => query(database.url, `select * from "auditEvent" where details = 'x'`));
    expect(scannedIn(log)).toContain("auditEvent");
  });
});

/** From this cost on, the server compiles a statement if jit is on, which takes 100 ms. */
const COMPILED_FROM = 100_000;

describe.skipIf(lacksPostgres())("the read of the revision, which each sync waits for,", () => {
  it.each([
    ["on a new database, whose tables nobody has analyzed", "select 1"],
    ["when they are analyzed", "analyze"],
  ])("is planned as a cheap one %s", async (_when, preparation) => {
    const database = await createDatabase();
    onTestFinished(async () => void (await dropDatabase(database)));
    await (await openByUrl(database.url)).close();
    await query(database.url, preparation);
    await logPlans(database);
    const store = await openByUrl(database.url);
    onTestFinished(() => store.close());
    const log = await loggedOf(database, () => store.revision());
    expect(log).toContain("from revision r");
    const costs = [...log.matchAll(/\(cost=[\d.]+\.\.([\d.]+) /gu)].map(([, cost]) => Number(cost));
    expect(Math.max(...costs)).toBeGreaterThan(0);
    expect(Math.max(...costs)).toBeLessThan(COMPILED_FROM);
  });
});

describe.skipIf(lacksPostgres())("the last uses of a key with a long history", () => {
  const GONE = 5000;
  const FEW = 500;

  /** How many rows a plan of the log has read of the history, and how often it looked for a heartbeat. */
  function readIn(log: string): readonly number[] {
    const steps = log.matchAll(
      / on "?(?:executorKeyUsage|heartbeat)"? .*?\bactual rows=([\d.]+) loops=(\d+)/gu,
    );
    return [...steps].map(([, rows, loops]) => Math.max(1, Number(rows)) * Number(loops));
  }

  it("are found without the rest of it", async () => {
    const database = await createDatabase();
    onTestFinished(async () => void (await dropDatabase(database)));
    await fillLargePostgres(database, { keys: 5, executors: 50, auditEvents: 5, actors: 2 }, NOW);
    await query(
      database.url,
      `insert into "executorKeyUsage" ("executorId", "executorName", "keyId", "keyName", "keyFingerprint", "firstUsedAt",
          "lastUsedAt")
        select 'gone-' || n, 'gone', 'key-1', 'prod', '00000000', 0, n from generate_series(1, ${GONE}) n`,
    );
    await query(database.url, "vacuum analyze");
    await logPlans(database);
    const { name, server } = database;
    const admin = postgresUrl(server, "postgres");
    await query(admin, `alter database ${name} set auto_explain.log_analyze = on`);
    await query(admin, `alter database ${name} set auto_explain.log_timing = off`);
    const store = await openByUrl(database.url);
    onTestFinished(() => store.close());
    for (const ask of [
      () => store.keys.byId("key-1"),
      () => store.keys.list("acme", KEY_PAGE),
      () => store.keys.uses("key-1", 2),
      () => store.keys.usesBefore("key-1", 2),
    ]) {
      const read = readIn(await loggedOf(database, ask));
      expect(read.length).toBeGreaterThan(0);
      expect(Math.max(...read)).toBeLessThan(FEW);
    }
  });
});
