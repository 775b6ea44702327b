import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { parsePostgresUrl } from "../../../../src/control-plane/store/address/postgres-address.ts";
import { type MoveProgress, moveToPostgres } from "../../../../src/control-plane/store/move/move.ts";
import { MOVED_TABLES, NEW_TABLES } from "../../../../src/control-plane/store/move/moved-tables.ts";
import { runCommand } from "../../../support/control-plane/control-plane.ts";
import { startServer } from "../../../support/control-plane/control-plane-server.ts";
import { nodeExecutor, running, written } from "../../../support/control-plane/node-executor.ts";
import { lacksPostgres } from "../../../support/control-plane/postgres.ts";
import { callOf, ROOT_FIELDS } from "../../../support/control-plane/root-fields.ts";
import { bareDatabaseOf, databaseOf } from "../../../support/control-plane/store/engine.ts";
import { fill } from "../../../support/control-plane/store/filled-store.ts";
import { openByUrl } from "../../../support/control-plane/store/open-by-url.ts";
import { postgresEngine } from "../../../support/control-plane/store/postgres-engine.ts";
import { sqliteEngine } from "../../../support/control-plane/store/sqlite-engine.ts";
import { tempDir } from "../../../support/temp-dir.ts";

const READS = ROOT_FIELDS.filter(({ operation }) => operation === "query").filter(
  ({ name }) => !["currentKey", "viewer", "invitation"].includes(name),
);
const SCHEMA = new URL(
  "../../../../docs/schemas/novacula-control-plane/migrate.schema.json",
  import.meta.url,
);
const migrated = z.object({
  migrated: z.object({
    tables: z.array(z.object({ name: z.string(), rows: z.number(), digest: z.string() })),
    leftOut: z.array(z.unknown()),
  }),
});

const keyUse = z.looseObject({ __typename: z.literal("ApiKey"), lastUsedAt: z.number().nullable() });

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** What there is after some weeks: also people, sessions and links, which need no server. */
async function used() {
  const database = await databaseOf(sqliteEngine);
  const store = await openByUrl(database.url);
  await fill(database, store);
  const server = await startServer({ store });
  const first = await server.createKey({ name: "first" });
  const executor = nodeExecutor(server, first.secret, "agent-1");
  await executor.sync();
  const { node } = await executor.create("node-1");
  await executor.sync({ observed: [running({ ...node, name: "node-1" })] });
  const second = await server.rotateKey(first.id, Date.now() + 3_600_000);
  await nodeExecutor(server, second.secret, "agent-1").sync();
  const other = await server.createKey({ name: "other" });
  await server.sync(other.secret, { name: "agent-1" });
  await server.sync(other.secret, { name: "agent-2" });
  await server.revokeKey(other.id);
  await server.sync(other.secret, { name: "agent-2" });
  const deleted = await server.createKey({ name: "deleted" });
  await server.revokeKey(deleted.id);
  await server.deleteKey(deleted.id);
  await written(server);
  await server.close();
  return {
    database,
    path: database.url.replace(/^file:/, ""),
    live: second.secret,
    liveId: second.id,
    revoked: other.secret,
  };
}

/**
 * Of memberships that are equally old, each engine has another order. The last use of a key is that
 * of a request in SQLite, and in PostgreSQL also that of its sync, which follows some ms later.
 */
function inOneForm(name: string, value: unknown): unknown {
  const key = keyUse.safeParse(value);
  if (key.success) {
    return { ...key.data, lastUsedAt: "compared below" };
  }
  return name === "memberships" && Array.isArray(value)
    ? value.toSorted((one, two) => (JSON.stringify(one) < JSON.stringify(two) ? -1 : 1))
    : value;
}

/** What every list and every record says. What happens during the test has no exact time. */
async function answersOf(url: string, since: number): Promise<ReadonlyMap<string, string>> {
  // Longer than the step of the clock: nobody falls silent while it is asked.
  const server = await startServer({ store: await openByUrl(url), heartbeatTimeoutMs: 4 * DAY_MS });
  server.clock.offsetMs = DAY_MS;
  const answers = new Map<string, string>();
  for (const field of READS) {
    const values = { organization: "acme", id: "e1", executorId: "e1", limit: 500 };
    const { text } = await server.manage(callOf(field, values));
    const ordered = JSON.stringify(JSON.parse(text, inOneForm));
    answers.set(
      field.name,
      ordered.replaceAll(/\b1\d{12}\b/g, (time) => (Number(time) >= since ? '"now"' : time)),
    );
  }
  await server.close();
  return answers;
}

async function lastUse(url: string, keyId: string): Promise<number> {
  const store = await openByUrl(url);
  const key = await store.keys.byId(keyId);
  await store.close();
  return Number(key?.lastUsedAt ?? Number.NaN);
}

function targetFile(url: string): string {
  const file = join(tempDir(), "target");
  writeFileSync(file, `# where to\nDATABASE_URL="${url}"\n`, { mode: 0o600 });
  return file;
}

describe.skipIf(lacksPostgres())("migrate", () => {
  it("moves everything: the same questions get the same answers, and the same keys work", {
    timeout: 180_000,
  }, async () => {
    const { database, path, live, liveId, revoked } = await used();
    const target = await bareDatabaseOf(postgresEngine);
    const before = readFileSync(path);
    const since = Date.now();
    const args = ["migrate", "--from", database.url, "--to-file", targetFile(target.url)];
    const result = await runCommand([...args, "--json"]);
    expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    expect(readFileSync(path).equals(before)).toBe(true);
    const published = z.fromJSONSchema(JSON.parse(readFileSync(SCHEMA, "utf8")));
    expect(published.safeParse(JSON.parse(result.stdout)).error).toBeUndefined();
    const { tables, leftOut } = migrated.parse(JSON.parse(result.stdout)).migrated;
    expect(leftOut).toEqual([]);
    // So that nothing is compared that is empty.
    expect(tables.filter(({ rows }) => rows === 0).map(({ name }) => name)).toEqual([]);
    const [here, there] = [await answersOf(database.url, since), await answersOf(target.url, since)];
    expect([...here].filter(([field, answer]) => there.get(field) !== answer)).toEqual([]);
    const [last, moved] = [await lastUse(database.url, liveId), await lastUse(target.url, liveId)];
    expect(moved).toBeGreaterThanOrEqual(last);
    expect(moved).toBeLessThan(last + MINUTE_MS);
    const server = await startServer({ store: await openByUrl(target.url) });
    expect((await nodeExecutor(server, live, "agent-1").send()).status).toBe(200);
    expect(await server.sync(revoked, { name: "agent-2" })).toMatchObject({ status: 401, reason: "revoked" });
    // Events go on after those that were moved.
    const [event] = await target.sql(`select max(sequence) as number from "auditEvent"`);
    await server.createKey({ name: "after" });
    const events = await server.store.audit.eventsAfter(Number(event?.["number"]), 10);
    expect(events.map(({ event }) => event.targetName)).toEqual(["after"]);
  });

  it("says how far it is, and before it looks at the file, whether the target can be used", async () => {
    const { path } = await used();
    const { url } = await bareDatabaseOf(postgresEngine);
    const parsed = parsePostgresUrl(url);
    if (!parsed.isValid) {
      throw new Error(parsed.problem);
    }
    const steps: Parameters<MoveProgress>[] = [];
    const progress: MoveProgress = (...step) => void steps.push(step);
    const { tables } = await moveToPostgres(path, parsed.address, { leavesOutDamaged: false, progress });
    expect(steps[0]).toEqual(["looking at", "the file"]);
    const copied = steps.filter(([step]) => step === "copying");
    expect(copied).toEqual(tables.map(({ name, rows }) => ["copying", name, rows, rows]));
    const again: string[] = [];
    const repeated = moveToPostgres(path, parsed.address, {
      leavesOutDamaged: false,
      progress: (_step, what) => void again.push(what),
    });
    await expect(repeated).rejects.toThrow("the target is not empty");
    expect(again).toEqual([]);
  });

  it("knows every table of both databases", async () => {
    const target = await databaseOf(postgresEngine);
    const rows = await target.sql("select tablename from pg_tables where schemaname = 'public'");
    const known = [...MOVED_TABLES.map(({ name }) => name), ...NEW_TABLES];
    expect(rows.map(({ tablename }) => String(tablename)).toSorted()).toEqual(known.toSorted());
    using source = new DatabaseSync((await databaseOf(sqliteEngine)).url.replace(/^file:/, ""));
    const own = source
      .prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'")
      .all();
    const read = new Set(MOVED_TABLES.map(({ name, source: other }) => other?.table ?? name));
    expect(own.map(({ name }) => String(name)).toSorted()).toEqual([...read].toSorted());
  });
});
