import { createHash } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { organization } from "better-auth/plugins";
import { describe, expect, it } from "vitest";
import { MIGRATIONS } from "../../../../src/control-plane/store/sqlite/migrations/migrations.ts";
import { openSqliteStore } from "../../../../src/control-plane/store/sqlite/open.ts";
import { EXECUTOR_PAGE, KEY_PAGE } from "../../../support/control-plane/list-pages.ts";
import { createVersion1Database } from "../../../support/control-plane/version-1-database.ts";
import { tempDir } from "../../../support/temp-dir.ts";

/** Hashes of the released migrations without comments. A new migration adds a line. */
const RELEASED = [
  "6648c5997d50ec1e",
  "0b81331a59b35295",
  "529d4d69d6fe9517",
  "d7735e6b547799d8",
  "9b3891be55f43e74",
  "9ebed6dd26a8449e",
  "138c3d97e733db05",
];

function schemaOf(path: string): readonly unknown[] {
  const database = new DatabaseSync(path);
  const rows = database
    .prepare(
      "select type, name, tbl_name, sql from sqlite_schema where name not like 'sqlite_%' order by type, name",
    )
    .all();
  database.close();
  return rows;
}

describe("migrations", () => {
  it("that are released never change", () => {
    const hashes = MIGRATIONS.map((sql) => {
      const statements = sql.replace(/^\s*--.*\n/gm, "");
      return createHash("sha256").update(statements).digest("hex").slice(0, 16);
    });
    expect(hashes).toEqual(RELEASED);
  });

  it("bring a database of version 1 to the schema of a new one, and lose nothing", async () => {
    const directory = tempDir();
    const [old, fresh] = [join(directory, "old.db"), join(directory, "new.db")];
    createVersion1Database(old);
    const store = openSqliteStore(old);
    await openSqliteStore(fresh).close();
    const page = { limit: 10, before: null, after: null };
    expect((await store.keys.list("o1", KEY_PAGE)).map(({ id, revokedAt }) => [id, revokedAt])).toEqual([
      ["k2", 1500],
      ["k1", null],
    ]);
    expect(await store.executors.list("o1", EXECUTOR_PAGE)).toMatchObject([
      { id: "x1", key: { id: "k1" }, lastSyncAt: 2000 },
    ]);
    const x1 = { id: "x1", name: "agent-1", isDeleted: false };
    expect(await store.keys.uses("k1", 5)).toMatchObject([{ executor: x1, firstUsedAt: 1000 }]);
    expect(await store.keys.byId("k1")).toMatchObject({ target: x1 });
    expect(await store.executors.bound("o1", "agent-1")).toMatchObject({ keyId: "k1", lineageId: "k1" });
    expect(await store.executors.enrolledCount("k1")).toBe(1);
    const all = { ...page, action: null, actor: null, target: null, from: null, to: null };
    expect((await store.audit.events("o1", all)).map(({ id }) => id)).toEqual(["e2", "e1"]);
    expect(await store.people.any()).toBe(false);
    await store.close();
    expect(schemaOf(old)).toEqual(schemaOf(fresh));
    const check = new DatabaseSync(old);
    expect(check.prepare("pragma integrity_check").get()).toEqual({ integrity_check: "ok" });
    expect(check.prepare("pragma foreign_key_check").all()).toEqual([]);
    check.close();
  });

  it("are rolled back as a whole if one fails, and done by the next start", async () => {
    const path = join(tempDir(), "cp.db");
    createVersion1Database(path);
    const database = new DatabaseSync(path);
    database.exec("create table invitation (inTheWay text)");
    const before = schemaOf(path);
    expect(() => openSqliteStore(path)).toThrow(path);
    expect(schemaOf(path)).toEqual(before);
    expect(database.prepare("pragma user_version").get()).toEqual({ user_version: 1 });
    database.exec("drop table invitation");
    database.close();
    await openSqliteStore(path).close();
  });

  it("leave better-auth's own migration with nothing to do", async () => {
    const path = join(tempDir(), "cp.db");
    await openSqliteStore(path).close();
    const database = new DatabaseSync(path);
    const auth = betterAuth({
      database,
      secret: "a secret that only this test ever has, 0123456789",
      baseURL: "http://localhost:3000",
      emailAndPassword: { enabled: true },
      logger: { disabled: true },
      plugins: [organization()],
    });
    const { toBeCreated, toBeAdded } = await getMigrations(auth.options);
    expect({ toBeCreated, toBeAdded }).toEqual({ toBeCreated: [], toBeAdded: [] });
    database.close();
  });
});
