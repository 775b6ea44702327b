import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { request } from "undici";
import { describe, expect, it, onTestFinished } from "vitest";
import { randomKey } from "../../../../src/control-plane/keys/random-key.ts";
import { StoreUnavailable } from "../../../../src/control-plane/store/contract/store.ts";
import { openSqliteStore } from "../../../../src/control-plane/store/sqlite/open.ts";
import { startControlPlane, type TestControlPlane } from "../../../support/control-plane/control-plane.ts";
import { createExecutorSyncs } from "../../../support/control-plane/executor-syncs.ts";
import { eventually } from "../../../support/eventually.ts";
import { tempDir } from "../../../support/temp-dir.ts";

async function running(directory = tempDir(), socketPath = join(tempDir(), "management.sock")) {
  const controlPlane = await startControlPlane({ directory, socketPath, env: { LOG_LEVEL: "info" } });
  onTestFinished(controlPlane.kill);
  return controlPlane;
}

const events = ({ lines }: TestControlPlane, event: string) =>
  lines.filter((line) => line.includes(`"event":"${event}"`)).map((line) => JSON.parse(line));

async function health({ url }: TestControlPlane) {
  const answer = await request(`${url}/healthz`);
  return { status: answer.statusCode, text: await answer.body.text() };
}

/** Each with the way to undo it; `undefined` if it cannot be undone. */
type Fault = (path: string) => (() => void) | undefined;

const FAULTS: readonly (readonly [what: string, fault: Fault])[] = [
  [
    "moved away",
    (path) => {
      renameSync(path, `${path}.away`);
      return () => renameSync(`${path}.away`, path);
    },
  ],
  [
    "replaced by another database",
    (path) => {
      renameSync(path, `${path}.away`);
      const other = new DatabaseSync(`${path}.other`);
      other.exec("create table t (x)");
      other.close();
      renameSync(`${path}.other`, path);
      return () => renameSync(`${path}.away`, path);
    },
  ],
  [
    "replaced by a copy of itself",
    (path) => {
      copyFileSync(path, `${path}.copy`);
      renameSync(`${path}.copy`, path);
      return undefined;
    },
  ],
  [
    "replaced by a link to a copy of itself",
    (path) => {
      renameSync(path, `${path}.away`);
      copyFileSync(`${path}.away`, `${path}.copy`);
      symlinkSync(`${path}.copy`, path);
      return () => renameSync(`${path}.away`, path);
    },
  ],
  [
    "deleted",
    (path) => {
      rmSync(path);
      return undefined;
    },
  ],
  [
    "without its -wal file",
    (path) => {
      renameSync(`${path}-wal`, `${path}-wal.away`);
      return () => renameSync(`${path}-wal.away`, `${path}-wal`);
    },
  ],
  [
    "beside another -wal file",
    (path) => {
      rmSync(`${path}-wal`);
      writeFileSync(`${path}-wal`, "");
      return undefined;
    },
  ],
  [
    "without its -shm file",
    (path) => {
      rmSync(`${path}-shm`);
      return undefined;
    },
  ],
  [
    "in a folder that was moved",
    (path) => {
      const folder = join(path, "..");
      renameSync(folder, `${folder}.away`);
      return () => renameSync(`${folder}.away`, folder);
    },
  ],
  [
    "in a folder that another folder replaced",
    (path) => {
      const folder = join(path, "..");
      renameSync(folder, `${folder}.away`);
      mkdirSync(folder);
      writeFileSync(path, "");
      return () => {
        rmSync(folder, { recursive: true });
        renameSync(`${folder}.away`, folder);
      };
    },
  ],
];

describe("a database that is, while the control plane runs,", () => {
  it.each(FAULTS)(
    "%s: nothing is acknowledged, nobody is called unknown, and one line has the remedy",
    async (_what, fault) => {
      const directory = join(tempDir(), "data");
      mkdirSync(directory);
      const controlPlane = await running(directory);
      const key = await controlPlane.createKey();
      const syncs = createExecutorSyncs(controlPlane.url, key.secret);
      expect((await syncs.one()).status).toBe(200);
      expect((await health(controlPlane)).status).toBe(200);
      const undo = fault(controlPlane.databasePath);

      await expect(controlPlane.revokeKey(key.id)).rejects.toThrow(/cannot|database|unavailable/i);
      expect((await syncs.one()).status).toBe(503);
      expect((await createExecutorSyncs(controlPlane.url, randomKey()).one()).status).toBe(503);
      const unready = await health(controlPlane);
      expect(unready).toMatchObject({
        status: 503,
        text: expect.stringMatching(/moved or deleted|replaced|looked for/),
      });
      expect(unready.text).not.toContain(directory);
      const said = await eventually(
        () => {
          const found = events(controlPlane, "database.lost");
          return found.length > 0 ? found : undefined;
        },
        { describe: "the log says so" },
      );
      expect(said).toMatchObject([
        {
          level: "error",
          msg: expect.stringMatching(
            unready.text.includes("the database file was moved")
              ? /put the original back.*restore a backup.*new, empty database/
              : /put the original back.*or restart/,
          ),
        },
      ]);

      if (undo === undefined) {
        return;
      }
      undo();
      await eventually(() => events(controlPlane, "database.back").length === 1, {
        describe: () => `it is back, after ${controlPlane.lines.slice(-3).join("\n")}`,
      });
      expect((await health(controlPlane)).status).toBe(200);
      expect((await syncs.one()).status).toBe(200);
      await controlPlane.revokeKey(key.id);
      expect((await syncs.one()).status).toBe(401);
      expect(events(controlPlane, "database.lost")).toHaveLength(1);
    },
  );

  it.each([
    ["-wal", "deleted", rmSync],
    ["-shm", "deleted", rmSync],
    [
      "-wal",
      "replaced",
      (path: string) => {
        rmSync(path);
        writeFileSync(path, "");
      },
    ],
  ] as const)(
    "without its own %s file (%s) keeps what was acknowledged, after the restart that the log asks for",
    async (suffix, _how, fault) => {
      const directory = tempDir();
      const controlPlane = await running(directory);
      const [kept, revoked] = [await controlPlane.createKey(), await controlPlane.createKey({ name: "old" })];
      await controlPlane.revokeKey(revoked.id);
      fault(controlPlane.databasePath + suffix);
      await eventually(() => events(controlPlane, "database.lost").length === 1, {
        describe: "it is noticed",
      });
      await controlPlane.stop();
      const again = await running(directory);
      expect((await createExecutorSyncs(again.url, kept.secret).one()).status).toBe(200);
      expect((await createExecutorSyncs(again.url, revoked.secret).one()).status).toBe(401);
    },
  );

  it("swapped during a change: the change is neither acknowledged nor made", async () => {
    const path = join(tempDir(), "cp.db");
    const store = openSqliteStore(path);
    const insert = store.transaction(async (transaction) => {
      await transaction.organizations.insert({ id: "o", name: "Acme", slug: "acme", createdAt: 0 });
      renameSync(path, `${path}.away`);
    });
    await expect(insert).rejects.toThrow(StoreUnavailable);
    renameSync(`${path}.away`, path);
    expect(await store.organizations.list(10)).toEqual([]);
    await store.transaction((transaction) =>
      transaction.organizations.insert({ id: "o", name: "Acme", slug: "acme", createdAt: 0 }),
    );
    expect(await store.organizations.list(10)).toHaveLength(1);
    await store.close();
  });
});

describe("a start", () => {
  it("on a path without a database says that it created one, where, and that it knows no keys", async () => {
    const directory = tempDir();
    const first = await running(directory);
    expect(events(first, "database.created")).toMatchObject([
      {
        level: "warn",
        databasePath: first.databasePath,
        msg: expect.stringMatching(
          /There was no database at .* (?:new, empty one|database is new and empty).*knows no keys.*If you expected your keys here, .*DATABASE_URL/s,
        ),
      },
    ]);
    expect(await first.stop()).toBe(0);
    const again = await running(directory);
    expect(events(again, "database.created")).toEqual([]);
  });

  it("on an empty file says the same", async () => {
    const directory = tempDir();
    writeFileSync(join(directory, "control-plane.db"), "");
    expect(events(await running(directory), "database.created")).toHaveLength(1);
  });

  it("on a database without tables says the same", async () => {
    const directory = tempDir();
    const made = new DatabaseSync(join(directory, "control-plane.db"));
    made.exec("create table t (a); drop table t");
    made.close();
    expect(events(await running(directory), "database.created")).toMatchObject([
      { msg: expect.stringMatching(/was empty, so its tables were created/u) },
    ]);
  });

  // A version of its own must not be taken for that of a later control plane.
  it.each([0, 3, 53])("on another program's database with version %i changes nothing", (version) => {
    const path = join(tempDir(), "cp.db");
    const other = new DatabaseSync(path);
    other.exec(`create table dashboard (a); create table org (a); pragma user_version = ${version}`);
    other.close();
    const before = readFileSync(path);
    expect(() => openSqliteStore(path)).toThrow(
      `cannot open the database ${path}: it is the database of another program, with the tables dashboard, org`,
    );
    expect(readFileSync(path)).toEqual(before);
  });

  it("on a link to nothing makes no database, and says where the link leads", () => {
    const folder = tempDir();
    const path = join(folder, "cp.db");
    symlinkSync(join(folder, "disk", "cp.db"), path);
    expect(() => openSqliteStore(path)).toThrow(
      `cannot open the database ${path}: it is a link to ${folder}/disk/cp.db, which does not exist`,
    );
    expect(readdirSync(folder)).toEqual(["cp.db"]);
  });

  it("creates the file for its owner only, whatever the umask", async () => {
    const before = process.umask(0);
    const path = join(tempDir(), "cp.db");
    try {
      await openSqliteStore(path).close();
    } finally {
      process.umask(before);
    }
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});
