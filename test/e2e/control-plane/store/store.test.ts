import { spawn } from "node:child_process";
import { once } from "node:events";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import { MIGRATIONS } from "../../../../src/control-plane/store/sqlite/migrations/migrations.ts";
import { openSqliteStore } from "../../../../src/control-plane/store/sqlite/open.ts";
import { startServer } from "../../../support/control-plane/control-plane-server.ts";
import { eventually } from "../../../support/eventually.ts";
import { tempDir } from "../../../support/temp-dir.ts";

const CURRENT_KEY = 'query { currentKey(input: { executorName: "agent-1" }) { key { id } } }';

/** Another process that holds the database's write lock until it is killed. */
async function lockDatabase(databasePath: string) {
  const program = `const { DatabaseSync } = require("node:sqlite");
    const database = new DatabaseSync(${JSON.stringify(databasePath)});
    database.exec("begin exclusive"); console.log("locked"); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const release = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  onTestFinished(release);
  await once(child.stdout, "data");
  return release;
}

describe("opening the database", () => {
  it("creates it at this version, and changes nothing the second time", async () => {
    const path = join(tempDir(), "cp.db");
    for (let n = 0; n < 2; n += 1) {
      await openSqliteStore(path).close();
    }
    const database = new DatabaseSync(path);
    expect(database.prepare("pragma user_version").get()).toEqual({ user_version: MIGRATIONS.length });
    expect(database.prepare("pragma journal_mode").get()).toEqual({ journal_mode: "wal" });
    database.close();
  });

  it.each([
    ["a directory that is not there", (directory: string) => join(directory, "no", "cp.db")],
    [
      "a file that is not a database",
      (directory: string) => {
        const path = join(directory, "cp.db");
        writeFileSync(path, "hello, world ".repeat(1000));
        return path;
      },
    ],
  ])("names the path of %s", (_what, make) => {
    const path = make(tempDir());
    expect(() => openSqliteStore(path)).toThrow(path);
  });
});

describe("a store that fails", () => {
  it("answers 503 with Retry-After, and never 401, while it is closed", async () => {
    const server = await startServer();
    await server.createOrganization("acme");
    const { secret } = await server.createKey();
    await server.store.close();
    for (const answer of [
      await server.post(secret, CURRENT_KEY),
      await server.sync(secret),
      await server.manage("{ organizations { id } }"),
    ]) {
      expect(answer).toMatchObject({ status: 503, code: "SERVICE_UNAVAILABLE" });
      expect(answer.headers["retry-after"]).toBe("2");
      expect(answer.text).toContain("cannot use its database: the database is closed. Try again later");
      expect(answer.text).not.toMatch(/sqlite/i);
    }
    const health = await fetchHealth(server.url);
    expect(health).toBe(503);
  });

  it("answers 503 to writes while another process holds the lock; syncs continue, and nothing is lost", async () => {
    const server = await startServer();
    await server.createOrganization("acme");
    const { secret, id } = await server.createKey();
    await server.sync(secret);
    const release = await lockDatabase(server.databasePath);
    // The lock is held until `release`, so none of these answers waited for it.
    const changes = await Promise.all([server.revokeKey(id), server.sync(secret, { name: "agent-2" })]);
    expect(changes.map(({ status }) => status)).toEqual([503, 503]);
    expect((await server.sync(secret)).status).toBe(200);
    await eventually(() => server.lines.some((line) => line.includes('"event":"store.writes-delayed"')), {
      describe: "it is said",
    });
    await release();
    await eventually(() => server.lines.some((line) => line.includes('"event":"store.writes-resumed"')), {
      describe: "the writes are made up",
    });
    expect((await server.revokeKey(id)).status).toBe(200);
    expect((await server.auditEvents()).map(({ action }) => action)).toEqual([
      "api_key.revoked",
      "api_key.created",
    ]);
  });

  it("never blocks the process while it waits", async () => {
    const server = await startServer();
    await server.createOrganization("acme");
    const { secret, id } = await server.createKey();
    const release = await lockDatabase(server.databasePath);
    let isOver = false;
    const revoked = server.revokeKey(id).finally(() => {
      isOver = true;
    });
    for (let n = 0; n < 3; n += 1) {
      expect((await server.post(secret, CURRENT_KEY)).status).toBe(200);
    }
    expect(isOver).toBe(false);
    await release();
    expect((await revoked).status).toBe(200);
  });
});

describe("a stop", () => {
  it("says so if the last uses and heartbeats could not be written", async () => {
    const server = await startServer();
    await server.createOrganization("acme");
    const { secret } = await server.createKey();
    await server.sync(secret);
    const release = await lockDatabase(server.databasePath);
    await server.sync(secret);
    await expect(server.server.close()).rejects.toThrow(/could not be written/);
    await release();
  });
});

it("gives only the owner access to database and socket", async () => {
  const server = await startServer();
  expect(statSync(server.socketPath).mode & 0o777).toBe(0o600);
});

async function fetchHealth(url: string): Promise<number> {
  const { request } = await import("undici");
  const answer = await request(`${url}/healthz`);
  await answer.body.dump();
  return answer.statusCode;
}
