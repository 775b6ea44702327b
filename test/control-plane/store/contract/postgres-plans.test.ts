import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { AuditReader } from "../../../../src/control-plane/store/contract/audit.ts";
import type { ExecutorReader } from "../../../../src/control-plane/store/contract/executors.ts";
import type { KeyReader } from "../../../../src/control-plane/store/contract/keys.ts";
import type { NodeReader } from "../../../../src/control-plane/store/contract/nodes.ts";
import type { OrganizationReader } from "../../../../src/control-plane/store/contract/organizations.ts";
import type { PeopleReader } from "../../../../src/control-plane/store/contract/people.ts";
import type { OpenedStore } from "../../../../src/control-plane/store/open/open-store.ts";
import { lacksPostgres, postgresUrl } from "../../../support/control-plane/postgres.ts";
import { fillLargePostgres } from "../../../support/control-plane/store/large-postgres.ts";
import { LARGE_READS, NOW, type Reads } from "../../../support/control-plane/store/large-reads.ts";
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
  ["executors.list", "by the last sync, whose table has no further index, so that heartbeats stay cheap"],
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

describe.skipIf(lacksPostgres())("query plans of postgres", () => {
  let database: PostgresDatabase;
  let store: OpenedStore;
  beforeAll(async () => {
    database = await createDatabase();
    await fillLargePostgres(database, { keys: ROWS, executors: ROWS, auditEvents: ROWS, actors: 300 }, NOW);
    const admin = postgresUrl(database.server, "postgres");
    for (const setting of [
      "session_preload_libraries = auto_explain",
      "auto_explain.log_min_duration = 0",
      "auto_explain.log_nested_statements = on",
      "log_error_verbosity = terse",
    ]) {
      await query(admin, `alter database ${database.name} set ${setting}`);
    }
    store = await openByUrl(database.url);
    return async () => {
      await store.close();
      await dropDatabase(database);
    };
  }, 600_000);

  const logOf = () => readFileSync(join(database.server.folder, "server.log"), "utf8");

  /** What the server logs of this database while `work` runs. */
  async function logWhile(work: () => Promise<unknown>): Promise<string> {
    const before = logOf().length;
    await work();
    await eventually(() => logOf().includes("plan:", before), { describe: "the plans are logged" });
    const entries = logOf()
      .slice(before)
      .split(/\n(?=\S)/);
    return entries.filter((entry) => entry.startsWith(`${database.name} `)).join("\n");
  }

  it.each(READS.filter(({ name }) => !ABOUT_ALL.has(name)))(
    "$name reads no large table from one end to the other",
    async ({ read }) => {
      const log = await logWhile(() => read(store));
      expect(log).toContain("plan:");
      expect(scannedIn(log).filter((table) => LARGE.test(table))).toEqual([]);
    },
  );

  it("would say so: the test itself can fail", async () => {
    const log = await logWhile(() => query(database.url, `select * from "auditEvent" where details = 'x'`));
    expect(scannedIn(log)).toContain("auditEvent");
  });
});
