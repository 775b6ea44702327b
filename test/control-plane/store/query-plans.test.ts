import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { beforeAll, describe, expect, it } from "vitest";
import type { AuditPage, SearchPage } from "../../../src/control-plane/store/contract/store.ts";
import { SqlitePeopleReader } from "../../../src/control-plane/store/sqlite/people/people.ts";
import { PEOPLE_TABLES } from "../../../src/control-plane/store/sqlite/people/people-tables.ts";
import { SqliteReader } from "../../../src/control-plane/store/sqlite/reader.ts";
import { defineFunctions } from "../../../src/control-plane/store/sqlite/store.ts";
import { SqliteTransaction } from "../../../src/control-plane/store/sqlite/transaction.ts";
import { fillLargeDatabase } from "../../support/control-plane/large-database.ts";
import { temporaryDirectory } from "../../support/temp-dir.ts";

const NOW = Date.UTC(2026, 5, 1);
/** These stay small: organizations, and the people of one. */
const MAY_BE_SCANNED = /^SCAN (?:organization|o|user|wanted|CONSTANT ROW|\d+ CONSTANT)/;

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
  action: null,
  actor: null,
  target: null,
  from: null,
  to: null,
};

/** Each method that reads, with what it is called with: a new one has to be entered here. */
const READS: Readonly<Record<string, (store: SqliteTransaction) => Promise<unknown>>> = {
  organizations: (store) => store.organizations(10),
  organization: (store) => store.organization("acme"),
  keyByHash: (store) => store.keyByHash("x"),
  key: (store) => store.key("key-1"),
  keys: async (store) => [
    await store.keys("acme", page),
    await store.keys("acme", { ...page, before: "key-9" }),
  ],
  newestOfLineage: (store) => store.newestOfLineage("key-1"),
  keyUses: (store) => store.keyUses("key-1", 2),
  keyUseCount: (store) => store.keyUseCount("key-1"),
  boundExecutor: (store) => store.boundExecutor("acme", "agent-1"),
  executorByName: (store) => store.executorByName("acme", "agent-1"),
  executor: (store) => store.executor("acme", "executor-1"),
  executorById: (store) => store.executorById("executor-1"),
  executors: async (store) => [
    await store.executors("acme", page),
    await store.executors("acme", { ...page, before: "executor-9" }),
  ],
  executorsSyncedSince: (store) => store.executorsSyncedSince(NOW),
  keysOfExecutor: (store) => store.keysOfExecutor("executor-1", 0),
  lineageUse: (store) => store.lineageUse("key-1", "executor-1"),
  enrolledCount: (store) => store.enrolledCount("key-1"),
  executorsOn: (store) => store.executorsOn("key-1", 100),
  executorKeyUses: (store) => store.executorKeyUses("executor-1", 20),
  auditEvents: async (store) => {
    for (const filter of [
      {},
      { action: "api_key.created" },
      { actor: "person7" },
      { target: "prod 7" },
      { target: "zzz" },
      { target: "prod 7", actor: "person7" },
      { action: "member.removed", actor: "person7" },
    ]) {
      for (const window of [{}, { before: "event-500" }, { from: NOW - 1000, to: NOW }]) {
        await store.auditEvents("acme", { ...audit, ...filter, ...window });
      }
    }
  },
};

const PEOPLE_READS: Readonly<Record<string, (people: SqlitePeopleReader) => Promise<unknown>>> = {
  hasPeople: (people) => people.hasPeople(),
  people: (people) => people.people(),
  person: (people) => people.person("x"),
  passwordHash: (people) => people.passwordHash("x"),
  personByEmail: (people) => people.personByEmail("a@example.com"),
  memberships: (people) => people.memberships("x"),
  members: (people) => people.members("acme"),
  memberById: (people) => people.memberById("acme", "x"),
  memberByEmail: (people) => people.memberByEmail("acme", "a@example.com"),
  memberOf: (people) => people.memberOf("acme", "x"),
  countMembers: (people) => people.countMembers("acme"),
  ownerIds: (people) => people.ownerIds("acme"),
  pendingInvitations: (people) => people.pendingInvitations("acme", NOW),
  invitation: (people) => people.invitation("x"),
  organizationsWithoutMembers: (people) => people.organizationsWithoutMembers(),
  organizationsWithoutOwner: (people) => people.organizationsWithoutOwner(),
};

function methodsOf({ prototype }: { readonly prototype: object }): string[] {
  return Object.getOwnPropertyNames(prototype).filter((name) => name !== "constructor");
}

describe("query plans", () => {
  let path = "";
  beforeAll(async () => {
    const directory = temporaryDirectory();
    path = join(directory.path, "cp.db");
    await fillLargeDatabase(path, { keys: 200, executors: 1000, auditEvents: 10_000, actors: 300 }, NOW);
    return () => directory.remove();
  });

  it("are looked at for every method that reads", () => {
    expect(Object.keys(READS).sort()).toEqual(methodsOf(SqliteReader).sort());
    expect(Object.keys(PEOPLE_READS).sort()).toEqual(methodsOf(SqlitePeopleReader).sort());
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

  it.each(Object.entries(READS))("%s reads no table from one end to the other", async (_name, read) => {
    const plans = await plansOf((database) => read(new SqliteTransaction(database)));
    expect(plans.filter((step) => step.startsWith("SCAN") && !MAY_BE_SCANNED.test(step))).toEqual([]);
  });

  it.each(Object.entries(PEOPLE_READS))("%s reads no large table of people", async (_name, read) => {
    const plans = await plansOf((database) => read(new SqlitePeopleReader(database)));
    expect(plans.filter((step) => step.startsWith("SCAN") && !MAY_BE_SCANNED.test(step))).toEqual([]);
  });

  it.each(["keys", "executors", "auditEvents"])("of %s sort nothing but a page", async (name) => {
    const plans = await plansOf(
      (database) => READS[name]?.(new SqliteTransaction(database)) ?? Promise.reject(),
    );
    expect(plans.filter((step) => /TEMP B-TREE/.test(step))).toEqual([]);
    expect(PEOPLE_TABLES).toContain("auditEvent_at");
  });

  it("would say so: the test itself can fail", () => {
    using database = new DatabaseSync(path);
    const [step] = database.prepare("explain query plan select * from auditEvent where details = 'x'").all();
    expect(String(step?.["detail"])).toMatch(/^SCAN auditEvent/);
    expect(MAY_BE_SCANNED.test(String(step?.["detail"]))).toBe(false);
  });
});
