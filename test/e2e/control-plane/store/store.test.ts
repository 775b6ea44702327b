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

  it("refuses one that a newer version has used, and does not change it", () => {
    const path = join(tempDir(), "cp.db");
    const database = new DatabaseSync(path);
    database.exec("pragma user_version = 99");
    expect(() => openSqliteStore(path)).toThrow(
      expect.objectContaining({
        cause: expect.objectContaining({
          message: expect.stringMatching(/version 99 .* newer novacula-control-plane/),
        }),
      }),
    );
    expect(database.prepare("select count(*) as tables from sqlite_master").get()).toEqual({ tables: 0 });
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
      expect(answer.text).not.toMatch(/sqlite|closed/i);
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

describe("a transaction", () => {
  it("leaves nothing behind if it fails, and the next ones run", async () => {
    const store = openSqliteStore(join(tempDir(), "cp.db"));
    const organization = { id: "o", name: "Acme", slug: "acme", createdAt: 0 };
    const failed = store.transaction(async (transaction) => {
      await transaction.organizations.insert(organization);
      throw new Error("on purpose");
    });
    const next = store.transaction((transaction) =>
      transaction.organizations.insert({ ...organization, slug: "b" }),
    );
    await expect(failed).rejects.toThrow("on purpose");
    await next;
    expect(await store.organizations.list(10)).toEqual([{ id: "o", name: "Acme", slug: "b" }]);
    await store.close();
  });

  it("is invisible to others until it is committed", async () => {
    const store = openSqliteStore(join(tempDir(), "cp.db"));
    await store.transaction(async (transaction) => {
      await transaction.organizations.insert({ id: "o", name: "Acme", slug: "acme", createdAt: 0 });
      expect(await transaction.organizations.find("acme")).toBeDefined();
      expect(await store.organizations.find("acme")).toBeUndefined();
    });
    expect(await store.organizations.find("acme")).toBeDefined();
    await store.close();
  });

  it("cannot change audit events", async () => {
    const server = await startServer();
    await server.createOrganization("acme");
    await server.createKey();
    const database = new DatabaseSync(server.databasePath);
    expect(() => database.exec("update auditEvent set actor = 'nobody'")).toThrow(
      /audit events never change/,
    );
    expect(() => database.exec("delete from auditEvent")).toThrow(/audit events never change/);
    database.close();
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
