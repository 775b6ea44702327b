import { type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { text } from "node:stream/consumers";
import { Client } from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import { runCommand, startControlPlane } from "../../../support/control-plane/control-plane.ts";
import { lacksPostgres } from "../../../support/control-plane/postgres.ts";
import {
  bareDatabaseOf,
  databaseOf,
  type TestDatabase,
} from "../../../support/control-plane/store/engine.ts";
import { fill } from "../../../support/control-plane/store/filled-store.ts";
import { openByUrl } from "../../../support/control-plane/store/open-by-url.ts";
import { postgresEngine } from "../../../support/control-plane/store/postgres-engine.ts";
import { sqliteEngine } from "../../../support/control-plane/store/sqlite-engine.ts";
import { eventually } from "../../../support/eventually.ts";
import { freePort } from "../../../support/free-port.ts";
import { ENVIRONMENT } from "../../../support/program-environment.ts";
import { CONTROL_PLANE } from "../../../support/programs.ts";
import { tempDir } from "../../../support/temp-dir.ts";

/** A database with something in each table, and its file, which no process has open. */
async function filled() {
  const database = await databaseOf(sqliteEngine);
  const store = await openByUrl(database.url);
  await fill(database, store);
  await store.close();
  const path = join(tempDir(), "cp.db");
  await database.sql("vacuum into ?", path);
  return { url: `file:${path}`, path };
}

function fileWith(content: string, mode = 0o600): string {
  const file = join(tempDir(), "target");
  writeFileSync(file, content, { mode });
  return file;
}

const move = (from: string, target: TestDatabase, ...more: string[]) =>
  runCommand(["migrate", "--from", from, "--to-file", fileWith(target.url), ...more]);

/** How many organizations, keys and events there are; undefined without tables. */
async function countsIn(target: TestDatabase) {
  const [made] = await target.sql(`select to_regclass('apikey') is not null as made`);
  if (made?.["made"] !== true) {
    return undefined;
  }
  const [counts] = await target.sql(`select (select count(*)::int from organization) as organizations,
    (select count(*)::int from apikey) as keys, (select count(*)::int from "auditEvent") as events`);
  return counts;
}

const NOTHING = { organizations: 0, keys: 0, events: 0 };

describe.skipIf(lacksPostgres())("migrate refuses", () => {
  it("a target with rows, or with tables of another program", async () => {
    const { url } = await filled();
    const target = await bareDatabaseOf(postgresEngine);
    expect(await move(url, target)).toMatchObject({ exitCode: 0, stderr: "" });
    const again = await move(url, target);
    expect(again).toMatchObject({ exitCode: 1, stdout: "" });
    expect(again.stderr).toMatch(
      /the target is not empty: there are rows in user, .* more\n +Fix: name a new/,
    );
    const foreign = await bareDatabaseOf(postgresEngine);
    await foreign.sql("create table invoice (id integer)");
    expect((await move(url, foreign)).stderr).toMatch(/not of this program: invoice\n/);
    // Tables without rows are what an interrupted move leaves.
    expect(await move(url, await databaseOf(postgresEngine))).toMatchObject({ exitCode: 0 });
  });

  it("a source that a control plane serves, also on another socket", async () => {
    const controlPlane = await startControlPlane();
    onTestFinished(async () => void (await controlPlane.stop()));
    await controlPlane.createKey();
    const target = await bareDatabaseOf(postgresEngine);
    const args = [
      "migrate",
      "--from",
      `file:${controlPlane.databasePath}`,
      "--to-file",
      fileWith(target.url),
    ];
    const served = await runCommand(args);
    expect(served.exitCode).toBe(1);
    expect(served.stderr).toMatch(/a control plane listens on .*management\.sock: .*\n +Fix: stop it:\n/);
    const hidden = await runCommand(args, { MANAGEMENT_SOCKET: join(tempDir(), "other.sock") });
    expect(hidden.exitCode).toBe(1);
    expect(hidden.stderr).toContain(`process ${controlPlane.pid} has the database`);
    expect(await countsIn(target)).toBeUndefined();
  });

  it("damaged rows, by table, id and column, or leaves them out with what refers to them", async () => {
    const { url, path } = await filled();
    using database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
    database.exec(`update apikey set expiresAt = 'soon' where id = 'k3';
      update node set updatedAt = 1152921504606846976 where id = 'n2';
      update member set userId = 'nobody' where userId = 'marta'`);
    database.close();
    const target = await bareDatabaseOf(postgresEngine);
    const refused = await move(url, target);
    expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
    expect(refused.stderr).toContain("apikey k3: expiresAt\n");
    expect(refused.stderr).toContain("node n2: updatedAt\n");
    expect(refused.stderr).toMatch(/member \w+: userId\n/);
    expect(refused.stderr).toContain("executor e1: keyId\n");
    expect(refused.stderr).toMatch(/Fix: .*--leave-out-damaged\n$/);
    expect(await countsIn(target)).toEqual(NOTHING);
    const moved = await move(url, target, "--leave-out-damaged");
    expect(moved).toMatchObject({ exitCode: 0, stderr: "" });
    expect(moved.stdout).toMatch(/Left out, .*\n(?: {2}.*\n)* {2}apikey k3: expiresAt\n/);
    expect(await target.sql(`select id from apikey where id in ('k2', 'k3')`)).toEqual([{ id: "k2" }]);
    // As if the key had been deleted.
    expect(await target.sql(`select "keyId", "lineageId" from executor where id = 'e1'`)).toEqual([
      { keyId: null, lineageId: "k1" },
    ]);
    expect(await target.sql(`select "nodeId" from "nodeRevision" where "nodeId" = 'n2'`)).toEqual([]);
  });

  it("a server that does not answer, a wrong password, and a file that others may read", async () => {
    const { url } = await filled();
    const target = await bareDatabaseOf(postgresEngine);
    const wrong = target.url.replace(/:[^:@]+@/, ":not-the-password@");
    const silent = wrong.replace(/:\d+\//, `:${await freePort()}/`);
    for (const [to, message] of [
      [wrong, /the database server refused the sign-in\..* with the password in --to,/],
      [silent, /the database server is not running\. Nothing answers at 127\.0\.0\.1:\d+\n +Fix: .*--to\n$/],
    ] as const) {
      const failed = await runCommand(["migrate", "--from", url, "--to", to]);
      expect(failed).toMatchObject({ exitCode: 1, stdout: "" });
      expect(failed.stderr).toMatch(/^Warning: other users of this host could see the password in --to/);
      expect(failed.stderr).toMatch(message);
      expect(failed.stderr).not.toContain("not-the-password");
    }
    const open = await runCommand(["migrate", "--from", url, "--to-file", fileWith(wrong, 0o644)]);
    expect(open).toMatchObject({ exitCode: 1, stdout: "" });
    expect(open.stderr).toMatch(/others may read .* \(mode 0644\).*\n +Fix: sudo chmod 0600 /);
    const odd = await runCommand(["migrate", "--from", url, "--to", "postgres://u:not-the-password@/"]);
    expect(odd).toMatchObject({ exitCode: 64, stdout: "" });
    expect(odd.stderr).not.toContain("not-the-password");
  });
});

describe.skipIf(lacksPostgres())("the comparison", () => {
  it("notices a row that the target stores in another form, and undoes everything", async () => {
    const { url } = await filled();
    const target = await databaseOf(postgresEngine);
    await target.sql(`create rule spoil as on insert to organization do also
      update organization set name = 'spoilt' where id = 'bravo'`);
    const result = await move(url, target);
    expect(result).toMatchObject({ exitCode: 1, stdout: "" });
    expect(result.stderr).toMatch(/nothing was moved to .*: row 2 of organization was read back/);
    expect(await countsIn(target)).toEqual(NOTHING);
  });
});

/** Holds what the move changes last, so that it waits with everything copied and nothing committed. */
async function holding(target: TestDatabase) {
  const client = new Client({ connectionString: target.url });
  client.on("error", () => undefined);
  await client.connect();
  await client.query("begin; select from revision for update");
  return {
    waits: () =>
      eventually(
        async () => {
          const rows = await target.sql(
            `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
          );
          return rows.length > 0;
        },
        { timeoutMs: 60_000, describe: "everything is copied" },
      ),
    release: () => client.end(),
  };
}

describe.skipIf(lacksPostgres())("a move", () => {
  it.each([
    ["is killed", null, /^$/],
    [
      "loses the server",
      1,
      /nothing was moved to postgres:.*, and the command can be run again: .*\n +Fix: /,
    ],
  ])(
    "that %s before its commit leaves nothing in the target, and can be made again",
    async (how, exitCode, message) => {
      const { url } = await filled();
      const target = await databaseOf(postgresEngine);
      const { waits, release } = await holding(target);
      const args = ["migrate", "--from", url, "--to-file", fileWith(target.url)];
      const stdio: StdioOptions = ["ignore", "ignore", "pipe"];
      const child = spawn(process.execPath, [CONTROL_PLANE, ...args], { env: ENVIRONMENT, stdio });
      const said = child.stderr === null ? "" : text(child.stderr);
      await waits();
      if (how === "is killed") {
        child.kill("SIGKILL");
      } else {
        await target.sql(`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`);
      }
      await once(child, "close");
      await release();
      expect(child.exitCode).toBe(exitCode);
      expect(await said).toMatch(message);
      expect(await countsIn(target)).toEqual(NOTHING);
      expect(await runCommand(args)).toMatchObject({ exitCode: 0, stderr: "" });
      expect(await countsIn(target)).toMatchObject({ organizations: 3, events: 4 });
    },
  );
});
