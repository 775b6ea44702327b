import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { beforeAll, describe, expect, it } from "vitest";
import { SqliteAuditReader } from "../../../src/control-plane/store/sqlite/audit.ts";
import { SqliteExecutorReader } from "../../../src/control-plane/store/sqlite/executors.ts";
import { SqliteKeyReader } from "../../../src/control-plane/store/sqlite/keys.ts";
import { PEOPLE_TABLES } from "../../../src/control-plane/store/sqlite/migrations/people-tables.ts";
import { SqliteNodeReader } from "../../../src/control-plane/store/sqlite/nodes.ts";
import { defineFunctions } from "../../../src/control-plane/store/sqlite/open.ts";
import { SqliteOrganizationReader } from "../../../src/control-plane/store/sqlite/organizations.ts";
import { SqlitePeopleReader } from "../../../src/control-plane/store/sqlite/people.ts";
import { fillLargeDatabase } from "../../support/control-plane/large-database.ts";
import { LARGE_READS, NOW } from "../../support/control-plane/store/large-reads.ts";
import { temporaryDirectory } from "../../support/temp-dir.ts";

/** Small with each change, and large in `npm run test:long`. */
const ROWS = process.env["NOVACULA_PLAN_ROWS"];
const SIZES =
  ROWS === undefined
    ? { keys: 200, executors: 1000, auditEvents: 10_000, actors: 300 }
    : { keys: Number(ROWS), executors: Number(ROWS), auditEvents: Number(ROWS), actors: 300 };

/** These stay small: organizations, the people of one, and what a query has read by an index. */
const MAY_BE_SCANNED = /^SCAN (?:organization|o|user|wanted|nearest|json_each|CONSTANT ROW|\d+ CONSTANT)/;

/** No other control plane uses the file. */
const WITHOUT_STATEMENT = "executors.lastTwoInstances";
/** They begin a scan and end it at its first row. */
const STOPS_AT_FIRST_ROW: ReadonlySet<string> = new Set(["keys.any"]);

/** Remembers the text of every statement. */
class RecordingDatabase extends DatabaseSync {
  readonly statements = new Set<string>();

  override prepare(sql: string): StatementSync {
    this.statements.add(sql);
    return super.prepare(sql);
  }
}

/** A reader's class, and how its statements come about: a new method has to be entered above. */
const SUBJECTS = [
  subject("keys", SqliteKeyReader, LARGE_READS.keys),
  subject("executors", SqliteExecutorReader, LARGE_READS.executors),
  subject("nodes", SqliteNodeReader, LARGE_READS.nodes),
  subject("organizations", SqliteOrganizationReader, LARGE_READS.organizations),
  subject("audit", SqliteAuditReader, LARGE_READS.audit),
  subject("people", SqlitePeopleReader, LARGE_READS.people),
];

const READS = SUBJECTS.flatMap(({ reads }) => reads);
const SORTED_BY_INDEX = new Set([
  "keys.list",
  "keys.uses",
  "keys.usesNow",
  "keys.usesBefore",
  "executors.list",
  "executors.onKey",
  "executors.keyUses",
  "executors.transitions",
  "nodes.list",
  "audit.events",
]);
type Reads<Reader> = Readonly<Record<string, (reader: Reader) => Promise<unknown>>>;

function subject<Reader>(name: string, Class: new (database: DatabaseSync) => Reader, reads: Reads<Reader>) {
  return {
    name,
    methods: methodsOf(Class),
    reads: Object.entries(reads).map(([method, read]) => ({
      name: `${name}.${method}`,
      read: (database: DatabaseSync) => read(new Class(database)),
    })),
  };
}

function methodsOf({ prototype }: { readonly prototype: object }): string[] {
  return Object.getOwnPropertyNames(prototype).filter((name) => name !== "constructor");
}

describe("query plans", () => {
  let path = "";
  beforeAll(async () => {
    const directory = temporaryDirectory();
    path = join(directory.path, "cp.db");
    await fillLargeDatabase(path, SIZES, NOW);
    return () => directory.remove();
  });

  it("are looked at for every method that reads", () => {
    for (const { name, methods, reads } of SUBJECTS) {
      const expected = methods.map((method) => `${name}.${method}`);
      expect(reads.map((read) => read.name).sort()).toEqual(expected.sort());
    }
  });

  /** "SEARCH … USING INDEX": found; "SCAN …": read from one end to the other. */
  async function plansOf(read: (database: DatabaseSync) => Promise<unknown>): Promise<string[]> {
    using database = new RecordingDatabase(path);
    defineFunctions(database);
    await read(database);
    const statements = [...database.statements];
    expect(statements.length).toBeGreaterThan(0);
    return statements.flatMap((sql) =>
      database
        .prepare(`explain query plan ${sql}`)
        .all()
        .map((row) => String(row["detail"])),
    );
  }

  it.each(READS.filter(({ name }) => !STOPS_AT_FIRST_ROW.has(name) && name !== WITHOUT_STATEMENT))(
    "$name reads no table from one end to the other",
    async ({ read }) => {
      const plans = await plansOf(read);
      expect(plans.filter((step) => step.startsWith("SCAN") && !MAY_BE_SCANNED.test(step))).toEqual([]);
    },
  );

  it.each(READS.filter(({ name }) => SORTED_BY_INDEX.has(name)))(
    "$name sorts nothing but a page",
    async ({ read }) => {
      const plans = await plansOf(read);
      expect(plans.filter((step) => /TEMP B-TREE/.test(step))).toEqual([]);
      expect(PEOPLE_TABLES).toContain("auditEvent_at");
    },
  );

  it("would say so: the test itself can fail", () => {
    using database = new DatabaseSync(path);
    const [step] = database.prepare("explain query plan select * from auditEvent where details = 'x'").all();
    expect(String(step?.["detail"])).toMatch(/^SCAN auditEvent/);
    expect(MAY_BE_SCANNED.test(String(step?.["detail"]))).toBe(false);
  });
});
