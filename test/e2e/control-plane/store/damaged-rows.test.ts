import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import {
  type Answer,
  startServer,
  type TestServer,
} from "../../../support/control-plane/control-plane-server.ts";
import { nodeExecutor, running, written } from "../../../support/control-plane/node-executor.ts";
import { startPeopleServer } from "../../../support/control-plane/people.ts";
import { callOf, ROOT_FIELDS } from "../../../support/control-plane/root-fields.ts";
import { eventually } from "../../../support/eventually.ts";

/** Every table that a list or a sync reads, with the row to damage. Its other rows stay intact. */
const TABLES: Readonly<Record<string, string>> = {
  organization: "slug = 'acme'",
  apikey: "name = 'first'",
  executorKey: "keyId = (select id from apikey where name = 'first')",
  executor: "name = 'agent-1'",
  executorKeyUsage: "executorName = 'agent-1'",
  executorNodes: "executorId = (select id from executor where name = 'agent-1')",
  nodeCapabilities: "true",
  node: "name = 'node-1'",
  nodeRevision: "nodeId = (select id from node where name = 'node-1')",
  nodeObservation: "nodeId = (select id from node where name = 'node-1')",
  auditEvent: "targetName = 'first'",
  auditActor: "organizationId = (select id from organization where slug = 'acme')",
  user: "email = 'one@example.com'",
  member: "userId = (select id from user where email = 'one@example.com')",
  invitation: "email = 'invited@example.com'",
};

/** As SQL: invalid dates and JSON, numbers beyond 2^53 or the range of dates, other types. */
const NONSENSE = [
  "'nonsense'",
  "''",
  "'2026-13-45T99:99:99.999Z'",
  "'5'",
  "'{\"a\":'",
  "'[1]'",
  "char(10, 27, 0, 60, 48, 62)",
  "1152921504606846976",
  "9000000000000000",
  "-1",
  "1.5",
  "x'00ff80'",
  "null",
];

/** Everything that an operator can read: lists, and single records by id. */
const READS = ROOT_FIELDS.filter(({ operation }) => operation === "query").filter(
  ({ name }) => !["currentKey", "viewer", "invitation"].includes(name),
);

const listed = z.object({
  apiKeys: z.array(z.object({ name: z.string(), status: z.string(), damaged: z.array(z.string()) })),
  executors: z.array(z.object({ name: z.string(), status: z.string(), damaged: z.array(z.string()) })),
  nodes: z.array(z.object({ name: z.string() })),
  auditEvents: z.array(z.object({ targetName: z.string() })),
  members: z.array(z.object({ user: z.object({ email: z.string() }) })),
});
const LISTS = `{
  apiKeys(organization: "acme") { name status damaged target { name isDeleted } usedBy { damaged } }
  executors(organization: "acme") { name status damaged keyHistory { damaged } apiKey { status } ownKeys { id } }
  nodes(organization: "acme") { name phase reason damaged executor { name } revisions { damaged } observed { revision } }
  auditEvents(organization: "acme", limit: 500) { targetName damaged }
  members(organization: "acme") { user { email } damaged } }`;

/** Two records of each kind in the organization acme. */
async function filled() {
  const server = await startServer();
  await server.createOrganization("acme");
  const keys: Record<string, { readonly id: string; readonly secret: string }> = {};
  for (const [n, name] of ["first", "second"].entries()) {
    keys[name] = await server.createKey({ name });
    const executor = nodeExecutor(server, keys[name]?.secret ?? "", `agent-${n + 1}`);
    await executor.sync();
    const { node } = await executor.create(`node-${n + 1}`);
    await executor.sync({ observed: [running({ ...node, name: `node-${n + 1}` })] });
  }
  await written(server);
  // Refused, so that there is a refusal to damage.
  await server.sync(keys["second"]?.secret ?? "", { name: "agent-1" });
  await server.store.transaction(async (transaction) => {
    const organization = await transaction.organizations.find("acme");
    const organizationId = organization?.id ?? "";
    for (const id of ["one", "two"]) {
      const email = `${id}@example.com`;
      await transaction.people.insert({ id, name: id, email, passwordHash: "x", createdAt: 0 });
      await transaction.people.insertMember(organizationId, id, "member", 0);
    }
    const ends = { expiresAt: Date.now() + 1e9, createdAt: 0 };
    const invited = { id: "i", email: "invited@example.com", role: "member" as const, inviterId: "two" };
    await transaction.people.insertInvitation({ organizationId, ...invited, ...ends });
  });
  return { server, first: keys["first"]?.secret ?? "", second: keys["second"]?.secret ?? "" };
}

/** Removes the constraints that would reject bad values: a damaged disk does not check them. */
function withoutConstraints(path: string): void {
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: false, defensive: false });
  database.exec("pragma writable_schema = on");
  database.exec(`update sqlite_schema set sql =
    replace(replace(replace(sql, 'not null', ''), 'strict, without rowid', 'without rowid'), ') strict', ')')
    where type = 'table'`);
  database.exec("pragma writable_schema = reset");
  database.close();
}

function withoutTriggers(path: string): void {
  using database = new DatabaseSync(path);
  database.exec("drop trigger auditEvent_update; drop trigger auditEvent_delete");
}

function columnsOf(path: string): readonly (readonly [table: string, column: string])[] {
  using database = new DatabaseSync(path);
  return Object.keys(TABLES).flatMap((table) =>
    database
      .prepare(`select name from pragma_table_info('${table}')`)
      .all()
      .map(({ name }): [string, string] => [table, String(name)]),
  );
}

/** Puts a bad value into one cell while `look` runs. False if an index or key prevents it. */
async function damaging(
  path: string,
  [table, column]: readonly [string, string],
  nonsense: string,
  look: () => Promise<void>,
): Promise<boolean> {
  using database = new DatabaseSync(path, { enableForeignKeyConstraints: false, timeout: 5000 });
  const isRowid = table === "auditEvent" && column === "sequence";
  if (isRowid && !/^\d+$/.test(nonsense)) {
    return false;
  }
  const where = table === "auditActor" ? TABLES[table] : `rowid = ${rowidOf(database, table)}`;
  const kept = database.prepare(`select quote(${column}) as value from ${table} where ${where}`).get();
  const newest = table === "auditActor" ? null : highestRowid(database, table);
  try {
    database.exec(`update ${table} set ${column} = ${nonsense} where ${where}`);
  } catch (error) {
    expect(String(error)).toMatch(/constraint/);
    return false;
  }
  await look();
  // A sync may have inserted a row because it did not find the damaged one.
  if (/^executor/.test(table)) {
    database.exec(`delete from ${table} where rowid > ${newest}`);
  }
  const restored = `update ${table} set ${column} = ${kept?.["value"]} where `;
  const actors =
    "delete from auditActor; insert into auditActor select distinct organizationId, actor from auditEvent";
  database.exec(table === "auditActor" ? actors : `${restored}${isRowid ? `rowid = ${nonsense}` : where}`);
  return true;
}

function highestRowid(database: DatabaseSync, table: string): unknown {
  return database.prepare(`select max(rowid) as highest from ${table}`).get()?.["highest"];
}

function rowidOf(database: DatabaseSync, table: string): unknown {
  return database.prepare(`select rowid as rowid from ${table} where ${TABLES[table]}`).get()?.["rowid"];
}

function expectNoBug(server: TestServer, what: string, answer: Answer): void {
  expect({ what, status: answer.status, code: answer.code, message: answer.message }).not.toMatchObject({
    code: "INTERNAL_SERVER_ERROR",
  });
  expect({ what, bugs: server.lines.filter((line) => line.includes('"event":"bug"')) }).toEqual({
    what,
    bugs: [],
  });
}

/** The results of every list, of a sync with the damaged key and of one with an intact key. */
async function look(server: TestServer, what: string, table: string, first: string, second: string) {
  for (const field of READS) {
    expectNoBug(
      server,
      `${what}: ${field.name}`,
      await server.manage(callOf(field, { organization: "acme" })),
    );
  }
  const answer = await server.manage(LISTS);
  expectNoBug(server, what, answer);
  const own = await nodeExecutor(server, first, "agent-1").send();
  const other = await nodeExecutor(server, second, "agent-2").send();
  expectNoBug(server, `${what}: sync`, own);
  expectNoBug(server, `${what}: other sync`, other);
  if (table === "organization") {
    return;
  }
  expect({ what, status: other.status }).toEqual({ what, status: 200 });
  expect({ what, list: other.text }).toEqual({ what, list: expect.stringContaining('"name":"node-2"') });
  const { apiKeys, executors, nodes, auditEvents, members } = listed.parse(answer.data);
  const names = {
    what,
    keys: apiKeys.map(({ name }) => name),
    executors: executors.map(({ name }) => name),
    nodes: nodes.map(({ name }) => name),
    events: auditEvents.map(({ targetName }) => targetName),
    members: members.map(({ user }) => user.email),
  };
  expect(names).toMatchObject({
    keys: expect.arrayContaining(["second"]),
    executors: expect.arrayContaining(["agent-2"]),
    nodes: expect.arrayContaining(["node-2"]),
    events: expect.arrayContaining(["second"]),
    members: expect.arrayContaining(["two@example.com"]),
  });
  for (const { status, damaged } of [...apiKeys, ...executors]) {
    expect({ what, isDamaged: status === "damaged" }).toEqual({ what, isDamaged: damaged.length > 0 });
  }
  // A key with a damaged hash is unknown. A pending write of a use repairs the last use.
  if (!what.startsWith("apikey.lastRequest") && apiKeys.some(({ status }) => status === "damaged")) {
    expect({ what, status: own.status }).toEqual({ what, status: 401 });
  }
}

describe("a damaged row", () => {
  it("of any table, in any column, with any bad value is shown as damaged, and the rest works", {
    timeout: 600_000,
  }, async () => {
    const { server, first, second } = await filled();
    withoutConstraints(server.databasePath);
    withoutTriggers(server.databasePath);
    let tried = 0;
    for (const cell of columnsOf(server.databasePath)) {
      for (const nonsense of NONSENSE) {
        const what = `${cell.join(".")} = ${nonsense}`;
        const isTried = await damaging(server.databasePath, cell, nonsense, () =>
          look(server, what, cell[0], first, second),
        );
        tried += isTried ? 1 : 0;
      }
    }
    expect(tried).toBeGreaterThan(1100);
    expect((await server.sync(first, { name: "agent-1" })).status).toBe(200);
  });

  it("is named once in the log with a fix, survives a restart, and can be repaired or replaced", async () => {
    const { server: before, second } = await filled();
    await before.close();
    withoutConstraints(before.databasePath);
    using database = new DatabaseSync(before.databasePath, { enableForeignKeyConstraints: false });
    database.exec(`
      update executor set lastSyncAt = 1152921504606846976, kind = 'robot', version = x'00', capabilities = '{'
        where name = 'agent-2';
      update executor set lastRefusal = '{"key":' where name = 'agent-1';
      update apikey set expiresAt = 'soon' where name = 'first';`);
    const server = await startServer({}, before.directory);
    const state = async () => listed.parse((await server.manage(LISTS)).data);
    await state();
    const { executors, apiKeys } = await state();
    expect(executors.map(({ status, damaged }) => [status, damaged.toSorted()])).toEqual([
      ["damaged", ["capabilities", "kind", "lastSyncAt", "version"]],
      ["damaged", ["lastRefusal"]],
    ]);
    expect(apiKeys.map(({ name, status }) => [name, status])).toEqual([
      ["second", "active"],
      ["first", "damaged"],
    ]);
    const lines = server.lines.filter((line) => line.includes('"event":"store.row-damaged"'));
    expect(lines).toHaveLength(3);
    const key = lines.find((line) => line.includes('"table":"apikey"')) ?? "";
    expect(JSON.parse(key)).toMatchObject({
      columns: ["expiresAt"],
      msg: expect.stringMatching(/the key is refused: revoke it and create another one/),
    });
    // The next sync repairs what it declares.
    expect((await server.sync(second, { name: "agent-2" })).status).toBe(200);
    await eventually(async () => (await state()).executors[0]?.status === "online", {
      describe: "the executor's row is whole",
    });
    // A key can be revoked, deleted and replaced, an executor deleted once it is silent.
    const ids = z.object({
      apiKeys: z.array(z.object({ id: z.string(), name: z.string() })),
      executors: z.array(z.object({ id: z.string(), name: z.string() })),
      nodes: z.array(z.object({ id: z.string() })),
    });
    const answer = await server.manage(
      `{ apiKeys(organization: "acme") { id name } executors(organization: "acme") { id name }
        nodes(organization: "acme", search: "node-1") { id } }`,
    );
    const named = ids.parse(answer.data);
    const keyId = named.apiKeys.find(({ name }) => name === "first")?.id ?? "";
    await expect(server.rotateKey(keyId)).rejects.toThrow(
      /is damaged, and only an active key can be rotated/,
    );
    expect((await server.revokeKey(keyId)).code).toBeUndefined();
    expect((await server.deleteKey(keyId)).code).toBeUndefined();
    server.clock.offsetMs = 4_000_000;
    const nodeId = named.nodes[0]?.id;
    const closed = await server.manage(
      `mutation { closeLostNode(id: "${nodeId}", confirmName: "node-1") { name } }`,
    );
    expect(closed.data).toEqual({ closeLostNode: { name: "node-1" } });
    const executorId = named.executors.find(({ name }) => name === "agent-1")?.id;
    const deletion = await server.manage(`mutation { deleteExecutor(executorId: "${executorId}") { name } }`);
    expect(deletion.data).toEqual({ deleteExecutor: { name: "agent-1" } });
    expect((await state()).executors.map(({ name }) => name)).toEqual(["agent-2"]);
  });

  it("of a person keeps them signed in, whatever number better-auth reads", async () => {
    const server = await startPeopleServer();
    const member = await server.signedIn("member");
    using database = new DatabaseSync(server.databasePath);
    database.exec("update user set emailVerified = 1152921504606846976");
    const viewer = await member.graphql("{ viewer { user { email } } }");
    expect(viewer.data).toEqual({ viewer: { user: { email: member.email } } });
    expect(server.people.lines.concat(server.lines).join()).not.toContain('"event":"bug"');
  });
});
