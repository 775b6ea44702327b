import type { QueryResult } from "pg";
import { beforeAll, describe, expect, it } from "vitest";
import { parsePostgresUrl } from "../../../../src/control-plane/store/address/postgres-address.ts";
import { clientConfig } from "../../../../src/control-plane/store/postgres/connection/client-config.ts";
import { KeptConnection } from "../../../../src/control-plane/store/postgres/connection/kept-connection.ts";
import { OpenSockets } from "../../../../src/control-plane/store/postgres/connection/open-sockets.ts";
import { ConnectionPool } from "../../../../src/control-plane/store/postgres/connection/pool.ts";
import type { Value } from "../../../../src/control-plane/store/postgres/connection/statements.ts";
import { PostgresStore } from "../../../../src/control-plane/store/postgres/store.ts";
import type { Row } from "../../../../src/control-plane/store/rows/row.ts";
import { startServer } from "../../../support/control-plane/control-plane-server.ts";
import { lacksPostgres } from "../../../support/control-plane/postgres.ts";
import { fillLargePostgres } from "../../../support/control-plane/store/large-postgres.ts";
import {
  createDatabase,
  dropDatabase,
  type PostgresDatabase,
  query,
} from "../../../support/control-plane/store/postgres-databases.ts";
import { eventually } from "../../../support/eventually.ts";

const NOW = Date.UTC(2026, 5, 1);
/** Entries on a page, and on a longer one. */
const PAGES = [50, 100] as const;
/** Each turn of the server looks for two processes of one executor. */
const TURN = "h.former is not null";

const KEY = `id usedBy(limit: 2) { executor { name } } usedByCount
  usedNow(limit: 2) { executor { name } } usedNowCount
  usedBefore(limit: 2) { executor { name } } usedBeforeCount
  lastUse { lastUsedAt } lastRefusal { reason executor { id name } }
  rotatedFrom { id } rotatedTo { id } rotations { id usedNowCount } boundExecutors(limit: 2) { id }`;
const EXECUTOR = `id offlineReason { cause key { id } } apiKey { ${KEY} } keyHistory { key { id } } timeline { kind }`;
/** Everything that a query may ask of each entry of a list. */
const LISTS: readonly (readonly [name: string, of: (limit: number) => string])[] = [
  ["API keys", (limit) => `apiKeys(organization: "acme", limit: ${limit}) { ${KEY} }`],
  ["executors", (limit) => `executors(organization: "acme", limit: ${limit}) { ${EXECUTOR} }`],
  [
    "their keys",
    (limit) => `executors(organization: "acme", limit: ${limit}) { ownKeys { id usedNowCount } }`,
  ],
  ["audit events", (limit) => `auditEvents(organization: "acme", limit: ${limit}) { mentionedKeys { id } }`],
  [
    "nodes",
    (limit) => `nodes(organization: "acme", limit: ${limit}) { id revisions(limit: 2) { revision } }`,
  ],
];

/** Lists that are always whole. */
const WHOLE_LISTS: readonly (readonly [name: string, list: string])[] = [
  ["people", "people { id memberships { role organization { id } } damaged }"],
  ["members", `members(organization: "acme") { id role user { name email } damaged }`],
  [
    "invitations",
    `invitations(organization: "acme") { id role inviter { name } organization { name } hasAccount damaged }`,
  ],
];

/** A person, who is a member of acme and has invited another one, for each number. */
const peopleOf = (from: number, to: number): readonly string[] => {
  const numbers = `from generate_series(${from}, ${to}) n`;
  return [
    `insert into "user" (id, name, email, "emailVerified", "updatedAt")
      select 'person-' || n, 'Person ' || n, n || '@example.com', true, now() ${numbers}`,
    `insert into member (id, "organizationId", "userId", role, "createdAt")
      select 'member-' || n, 'acme', 'person-' || n, 'owner', now() ${numbers}`,
    `insert into invitation (id, "organizationId", email, role, status, "expiresAt", "inviterId")
      select 'invitation-' || n, 'acme', n + n % 2 * 1000 || '@example.com', 'member', 'pending',
        now() + interval '1 day', 'person-' || n ${numbers}`,
  ];
};

/** What makes the entries differ: each has another key, and some have lost theirs. */
const VARIETY = [
  `update "auditEvent" set details = '{"rotatedFrom": "key-' || sequence % 150 || '", "rotatedTo": "key-7"}'`,
  `update executor set "keyId" = null where id like '%3'`,
  `update "executorKey" set "lineageId" = 'key-1' where "keyId" like '%4'`,
  `insert into "keyRefusal" ("keyId", reason, message, at, "executorId")
    select id, 'revoked', 'It was revoked.', ${NOW}, case when id like '%2' then 'executor-1' end from apikey`,
  `insert into "executorTransition" ("executorId", at, kind, "keyId", "keyName", "keyFingerprint")
    select id, ${NOW}, 1, "keyId", 'prod', '00000000' from executor`,
  `insert into node (id, "organizationId", "executorId", name, revision, chain, config, "desiredState",
      "restartGeneration", "createdAt", "updatedAt", "lostChanges")
    select 'node-' || n, 'acme', 'executor-' || n, 'node-' || n, 1, 'litecoin', '{}', 'running', 0, ${NOW}, ${NOW}, 0
    from generate_series(0, 149) n`,
  `insert into "nodeRevision" ("nodeId", revision, config, "desiredState", "restartGeneration", at, actor)
    select id, 1, '{}', 'running', 0, ${NOW}, 'Olga' from node`,
];

/** Notes each statement that goes to any of its connections. */
class NotingPool extends ConnectionPool {
  statements: string[] = [];

  override query(text: string, values: readonly Value[], name?: string): Promise<QueryResult<Row>> {
    this.statements.push(text);
    return super.query(text, values, name);
  }
}

function openNoting(url: string): { readonly pool: NotingPool; readonly store: PostgresStore } {
  const parsed = parsePostgresUrl(url);
  if (!parsed.isValid) {
    throw new Error(parsed.problem);
  }
  const { address } = parsed;
  const sockets = new OpenSockets();
  const config = () => clientConfig(address, 60_000, sockets);
  const pool = new NotingPool(address, config());
  const kept = { hot: new KeptConnection(address, config), writeBehind: new KeptConnection(address, config) };
  return { pool, store: new PostgresStore({ address, sockets, pool, ...kept }) };
}

describe.skipIf(lacksPostgres())("the statements of a list in postgres", () => {
  let database: PostgresDatabase;
  beforeAll(async () => {
    database = await createDatabase();
    await fillLargePostgres(database, { keys: 150, executors: 300, auditEvents: 300, actors: 9 }, NOW);
    for (const statement of VARIETY) {
      // Triggers keep audit events from being changed.
      await query(
        `${database.url}?options=${encodeURIComponent("-c session_replication_role=replica")}`,
        statement,
      );
    }
    return () => dropDatabase(database);
  });

  /** Counts the statements of a list of the API that has `length` entries. */
  async function countingServer() {
    const { pool, store } = openNoting(database.url);
    const server = await startServer({ store });
    // What the server asks by itself, it asks in each turn.
    const turns = () => pool.statements.filter((text) => text.includes(TURN)).length;
    await eventually(() => turns() >= 2, { describe: "the server has had turns" });
    const own = new Set(pool.statements);
    return async (list: string, length: number) => {
      pool.statements = [];
      const { data, code, message } = await server.manage(`{ list: ${list} }`);
      expect([code, message]).toEqual([undefined, undefined]);
      expect(data).toMatchObject({ list: { length } });
      return pool.statements.filter((text) => !own.has(text)).length;
    };
  }

  it("are as many for a long page as for a short one", async () => {
    const countOf = await countingServer();
    for (const [name, of] of LISTS) {
      const [short, long] = PAGES;
      const count = await countOf(of(short), short);
      expect(count, `${name}, ${short}`).toBeGreaterThan(1);
      expect(await countOf(of(long), long), `${name}, ${long}`).toBe(count);
    }
  });

  it("are as many for many people, members and invitations as for a few", async () => {
    const countOf = await countingServer();
    const add = async (from: number, to: number) => {
      for (const statement of peopleOf(from, to)) {
        await query(database.url, statement);
      }
    };
    const countsOf = async (length: number) => {
      const counts: Record<string, number> = {};
      for (const [name, list] of WHOLE_LISTS) {
        counts[name] = await countOf(list, length);
      }
      return counts;
    };
    const [few, many] = PAGES;
    await add(1, few);
    const counts = await countsOf(few);
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(0);
    await add(few + 1, many);
    expect(await countsOf(many)).toEqual(counts);
  });
});
