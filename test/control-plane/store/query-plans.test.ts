import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { beforeAll, describe, expect, it } from "vitest";
import type { AuditPage } from "../../../src/control-plane/store/contract/audit.ts";
import type { ExecutorPage, KeyPage } from "../../../src/control-plane/store/contract/lists.ts";
import type { NodePage } from "../../../src/control-plane/store/contract/nodes.ts";
import type { SearchPage } from "../../../src/control-plane/store/contract/page.ts";
import { SqliteAuditReader } from "../../../src/control-plane/store/sqlite/audit.ts";
import { SqliteExecutorReader } from "../../../src/control-plane/store/sqlite/executors.ts";
import { SqliteKeyReader } from "../../../src/control-plane/store/sqlite/keys.ts";
import { PEOPLE_TABLES } from "../../../src/control-plane/store/sqlite/migrations/people-tables.ts";
import { SqliteNodeReader } from "../../../src/control-plane/store/sqlite/nodes.ts";
import { defineFunctions } from "../../../src/control-plane/store/sqlite/open.ts";
import { SqliteOrganizationReader } from "../../../src/control-plane/store/sqlite/organizations.ts";
import { SqlitePeopleReader } from "../../../src/control-plane/store/sqlite/people.ts";
import { fillLargeDatabase } from "../../support/control-plane/large-database.ts";
import {
  EXECUTOR_PAGE,
  KEY_PAGE,
  momentAt,
  NO_EXECUTOR_FILTER,
  NO_KEY_FILTER,
} from "../../support/control-plane/list-pages.ts";
import { temporaryDirectory } from "../../support/temp-dir.ts";

const NOW = Date.UTC(2026, 5, 1);
/** Small with each change, and large in `npm run test:long`. */
const ROWS = process.env["NOVACULA_PLAN_ROWS"];
const SIZES =
  ROWS === undefined
    ? { keys: 200, executors: 1000, auditEvents: 10_000, actors: 300 }
    : { keys: Number(ROWS), executors: Number(ROWS), auditEvents: Number(ROWS), actors: 300 };

/** These stay small: organizations, and the people of one. */
const MAY_BE_SCANNED = /^SCAN (?:organization|o|user|wanted|json_each|CONSTANT ROW|\d+ CONSTANT)/;

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

const page: SearchPage = { limit: 100, before: null, search: "prod" };
const audit: AuditPage = {
  limit: 100,
  before: null,
  after: null,
  action: null,
  actor: null,
  target: null,
  from: null,
  to: null,
};

/** In every order and direction, with either cursor and with none. */
async function everyPage<Page extends ExecutorPage | KeyPage>(
  first: Page,
  sorts: readonly Page["sort"][],
  list: (page: Page) => Promise<unknown>,
  id: string,
): Promise<void> {
  for (const sort of sorts) {
    for (const isDescending of [true, false]) {
      for (const cursor of [{}, { before: id }, { after: id }]) {
        await list({ ...first, sort, isDescending, ...cursor });
      }
    }
  }
}

const keys: Reads<SqliteKeyReader> = {
  byHash: (reader) => reader.byHash("x"),
  hasSuccessor: (reader) => reader.hasSuccessor({ id: "key-1", lineageId: "key-1" }),
  byId: (reader) => reader.byId("key-1"),
  list: (reader) =>
    everyPage(KEY_PAGE, ["created", "name", "expires"], (each) => reader.list("acme", each), "key-9"),
  count: (reader) => reader.count("acme", NO_KEY_FILTER, momentAt(NOW)),
  health: (reader) => reader.health("acme", momentAt(NOW)),
  any: (reader) => reader.any(),
  newestOfLineage: (reader) => reader.newestOfLineage("key-1"),
  neighbours: (reader) => reader.neighbours({ id: "key-1", lineageId: "key-1" }),
  lineage: (reader) => reader.lineage("key-1", 20),
  ofExecutor: (reader) => reader.ofExecutor("executor-1", 0),
  uses: (reader) => reader.uses("key-1", 2),
  useCount: (reader) => reader.useCount("key-1"),
  usesNow: (reader) => reader.usesNow("key-1", 2),
  boundCount: (reader) => reader.boundCount("key-1"),
  usesBefore: (reader) => reader.usesBefore("key-1", 2),
  refusal: (reader) => reader.refusal("key-1"),
};

const executors: Reads<SqliteExecutorReader> = {
  bound: (reader) => reader.bound("acme", "agent-1"),
  byId: (reader) => reader.byId("executor-1"),
  inOrganization: (reader) => reader.inOrganization("acme", "executor-1"),
  byName: (reader) => reader.byName("acme", "agent-1"),
  list: (reader) =>
    everyPage(EXECUTOR_PAGE, ["created", "name", "seen"], (each) => reader.list("acme", each), "executor-9"),
  count: (reader) => reader.count("acme", NO_EXECUTOR_FILTER, momentAt(NOW)),
  health: (reader) => reader.health("acme", momentAt(NOW)),
  versions: (reader) => reader.versions("acme"),
  syncedSince: (reader) => reader.syncedSince(NOW),
  onKey: (reader) => reader.onKey("key-1", 100),
  keyUses: (reader) => reader.keyUses("executor-1", 20),
  transitions: (reader) => reader.transitions("executor-1"),
  lineageUse: (reader) => reader.lineageUse("key-1", "executor-1"),
  enrolledCount: (reader) => reader.enrolledCount("key-1"),
};

const organizations: Reads<SqliteOrganizationReader> = {
  list: (reader) => reader.list(10),
  find: (reader) => reader.find("acme"),
  withoutMembers: (reader) => reader.withoutMembers(),
  withoutOwner: (reader) => reader.withoutOwner(),
};

const auditEvents: Reads<SqliteAuditReader> = {
  eventsAfter: (reader) => reader.eventsAfter(500, 500),
  events: async (reader) => {
    for (const filter of [
      {},
      { action: "api_key.created" },
      { actor: "person7" },
      { target: "prod 7" },
      { target: "zzz" },
      { target: "prod 7", actor: "person7" },
      { action: "member.removed", actor: "person7" },
    ]) {
      for (const window of [
        {},
        { before: "event-500" },
        { after: "event-500" },
        { from: NOW - 1000, to: NOW },
        { from: NOW - 1000, after: "event-500" },
      ]) {
        await reader.events("acme", { ...audit, ...filter, ...window });
      }
    }
  },
};

const people: Reads<SqlitePeopleReader> = {
  any: (reader) => reader.any(),
  list: (reader) => reader.list(),
  byId: (reader) => reader.byId("x"),
  byEmail: (reader) => reader.byEmail("a@example.com"),
  passwordHash: (reader) => reader.passwordHash("x"),
  sessions: (reader) => reader.sessions("x", 0),
  hasSession: (reader) => reader.hasSession("x", "y", 0),
  memberships: (reader) => reader.memberships("x"),
  members: (reader) => reader.members("acme"),
  memberById: (reader) => reader.memberById("acme", "x"),
  memberByEmail: (reader) => reader.memberByEmail("acme", "a@example.com"),
  memberOf: (reader) => reader.memberOf("acme", "x"),
  countMembers: (reader) => reader.countMembers("acme"),
  ownerIds: (reader) => reader.ownerIds("acme"),
  pendingInvitations: (reader) => reader.pendingInvitations("acme", NOW),
  invitation: (reader) => reader.invitation("x"),
};

const nodePage: NodePage = { ...page, executorId: null, chain: null };

const nodes: Reads<SqliteNodeReader> = {
  ofExecutor: (reader) => reader.ofExecutor("executor-1"),
  byId: (reader) => reader.byId("node-1"),
  byName: (reader) => reader.byName("executor-1", "node-1"),
  listOfExecutor: (reader) => reader.listOfExecutor("executor-1"),
  list: async (reader) => [
    await reader.list("acme", nodePage),
    await reader.list("acme", { ...nodePage, before: "node-9", executorId: "executor-1", chain: "bitcoin" }),
  ],
  revisions: (reader) => reader.revisions("node-1", 20),
  hasCapabilities: (reader) => reader.hasCapabilities("hash"),
  capabilitiesOf: (reader) => reader.capabilitiesOf("executor-1"),
};

/** A reader's class, and how its statements come about: a new method has to be entered above. */
const SUBJECTS = [
  subject("keys", SqliteKeyReader, keys),
  subject("executors", SqliteExecutorReader, executors),
  subject("nodes", SqliteNodeReader, nodes),
  subject("organizations", SqliteOrganizationReader, organizations),
  subject("audit", SqliteAuditReader, auditEvents),
  subject("people", SqlitePeopleReader, people),
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

  it.each(READS.filter(({ name }) => !STOPS_AT_FIRST_ROW.has(name)))(
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
