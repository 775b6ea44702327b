import { join } from "node:path";
import { request } from "undici";
import { describe, expect, it } from "vitest";
import {
  MIGRATIONS,
  PROGRAM_VERSION,
} from "../../../../src/control-plane/store/postgres/migrations/migrations.ts";
import { type Host, moreSyncs } from "../../../support/agent/rotation-scene.ts";
import {
  runControlPlane,
  startControlPlane,
  type TestControlPlane,
} from "../../../support/control-plane/control-plane.ts";
import { createExecutorSyncs } from "../../../support/control-plane/executor-syncs.ts";
import { type LaterMigration, laterRelease } from "../../../support/control-plane/later-release.ts";
import { ADMIN, openBrowser, peopleEnv } from "../../../support/control-plane/people.ts";
import { lacksPostgres } from "../../../support/control-plane/postgres.ts";
import { startReplicas } from "../../../support/control-plane/replicas.ts";
import { databaseOf, type TestDatabase } from "../../../support/control-plane/store/engine.ts";
import { postgresEngine } from "../../../support/control-plane/store/postgres-engine.ts";
import { eventually } from "../../../support/eventually.ts";
import { lacksNginx } from "../../../support/nginx.ts";
import { tempDir } from "../../../support/temp-dir.ts";

const ORIGIN = "http://127.0.0.1:8080";
const OLDEST = MIGRATIONS.at(-1)?.oldestProgram ?? 1;

/** What a later release may do: a new table, and a column in each of the others. */
async function additions(database: TestDatabase): Promise<readonly LaterMigration[]> {
  const tables = await database.sql(`select tablename from pg_tables where schemaname = 'public' order by 1`);
  return [
    `create table later (id text not null primary key)`,
    ...tables.map(
      ({ tablename }, n) =>
        `alter table "${tablename}" add column later ${n % 2 === 0 ? "text" : "integer not null default 7"}`,
    ),
  ].map((statements) => ({ statements, oldestProgram: OLDEST }));
}

function problemsIn({ agent }: Host): readonly string[] {
  return agent.lines
    .filter(({ level }) => level === "error" || level === "warn")
    .map(({ message }) => message);
}

async function versionOf({ sql }: TestDatabase): Promise<unknown> {
  return (await sql(`select version from "schemaVersion"`))[0]?.["version"];
}

/** Everything that this release does, on whatever schema: a revocation at one holds at the other. */
async function requireWorking(one: TestControlPlane, other: TestControlPlane): Promise<void> {
  const key = await one.createKey({ name: `of ${one.port} ${other.port} ${one.pid}` });
  const syncs = createExecutorSyncs(other.url, key.secret, "agent-2");
  expect((await syncs.one()).status).toBe(200);
  const next = await other.rotateKey(key.id);
  expect((await syncs.one()).status).toBe(401);
  await one.revokeKey(next.id);
  for (const { url } of [one, other]) {
    expect((await createExecutorSyncs(url, next.secret, "agent-2").one()).status).toBe(401);
    const browser = openBrowser(url, ORIGIN);
    expect((await browser.signIn(ADMIN.email, "a wrong password")).status).toBe(401);
    expect((await browser.signIn()).status).toBe(200);
    expect((await browser.graphql("{ executors { name } }")).status).toBe(200);
  }
}

describe.skipIf(lacksPostgres() || lacksNginx)("beside a later release on one database", () => {
  it("this one serves, changes and starts, and no sync is refused on the way there and back", {
    timeout: 300_000,
  }, async () => {
    const replicas = await startReplicas(peopleEnv(ORIGIN));
    const { planes, again, fleet, balancer, database } = replicas;
    const later = laterRelease(await additions(database));
    const host = await fleet.online(await planes[0].createKey(), { url: balancer });
    await moreSyncs(host, 6);
    await requireWorking(planes[0], planes[1]);
    const all: TestControlPlane[] = [...planes];
    const replace = async (index: 0 | 1, program?: string) => {
      expect(await planes[index].stop()).toBe(0);
      await again(index, program);
      all.push(planes[index]);
      await moreSyncs(host, 6);
    };
    const before = await versionOf(database);
    await replace(0, later);
    expect(await versionOf(database)).toBeGreaterThan(Number(before) + 20);
    await requireWorking(planes[1], planes[0]);
    await replace(1);
    await requireWorking(planes[1], planes[0]);
    await replace(0);
    await requireWorking(planes[0], planes[1]);
    expect(all.flatMap((plane) => plane.refusedSyncs()).filter(isOf("agent-1"))).toEqual([]);
    expect(problemsIn(host)).toEqual([]);
    const said = all.flatMap(({ lines }) => lines);
    expect(said.filter((line) => /"level":"(?:error|fatal)"/.test(line))).toEqual([]);
    expect(said.filter((line) => /"executor\.disconnected".*agent-1/.test(line))).toEqual([]);
  });

  it("this one stops to serve and refuses to start if the database is for later programs alone", {
    timeout: 180_000,
  }, async () => {
    const database = await databaseOf(postgresEngine);
    const env = { DATABASE_URL: database.url };
    const plane = await startControlPlane({ socketPath: join(tempDir(), "m.sock"), env });
    const key = await plane.createKey();
    const syncs = createExecutorSyncs(plane.url, key.secret);
    expect((await syncs.one()).status).toBe(200);
    const oldestProgram = PROGRAM_VERSION + 1;
    const program = laterRelease([{ statements: `comment on table node is 'later'`, oldestProgram }]);
    const later = await startControlPlane({ socketPath: join(tempDir(), "m.sock"), env, program });
    try {
      expect((await createExecutorSyncs(later.url, key.secret).one()).status).toBe(200);
      expect((await syncs.one()).status).toBe(503);
      await expect(plane.createKey({ name: "another" })).rejects.toThrow();
      const ready = await request(`${plane.url}/readyz`);
      expect(ready.statusCode).toBe(503);
      expect(await ready.body.text()).toContain("the database is for a newer release of the control plane");
      await eventually(
        () => plane.lines.some((line) => /"database\.lost".*Fix: install the release that/.test(line)),
        {
          describe: "the log says what to do",
        },
      );
      const start = await runControlPlane(["serve"], {
        ...env,
        PORT: "0",
        MANAGEMENT_SOCKET: join(tempDir(), "m.sock"),
      });
      expect(start.exitCode).not.toBe(0);
      expect(start.stdout + start.stderr).toMatch(
        new RegExp(
          `has version ${oldestProgram}, for programs that support version ${oldestProgram} or later, but this program ` +
            `supports only up to ${PROGRAM_VERSION}: .*run that version`,
          "u",
        ),
      );
    } finally {
      await Promise.all([plane.kill(), later.kill()]);
    }
  });
});

function isOf(name: string) {
  return (refusal: unknown) => JSON.stringify(refusal).includes(name);
}
