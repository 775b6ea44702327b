import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { request } from "undici";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { randomKey } from "../../../../src/control-plane/keys/random-key.ts";
import { CURRENT_KEY } from "../../../../src/protocol/operations.ts";
import { runControlPlane, startControlPlane } from "../../../support/control-plane/control-plane.ts";
import { peopleEnv } from "../../../support/control-plane/people.ts";
import { eventually } from "../../../support/eventually.ts";
import { tempDir, temporaryDirectory } from "../../../support/temp-dir.ts";

const PAGE_BYTES = 4096;

/** The database of a control plane that had keys, executors and people, as one file. */
let sound: Buffer;

beforeAll(async () => {
  const { path: directory, remove } = temporaryDirectory();
  const env = peopleEnv("http://127.0.0.1:1");
  const controlPlane = await startControlPlane({ directory, env });
  for (let n = 0; n < 30; n += 1) {
    await controlPlane.createKey({ name: `key ${n}`, org: "default" });
  }
  await controlPlane.stop();
  sound = readFileSync(controlPlane.databasePath);
  remove();
});

function damagedFile(damage: (path: string) => void): string {
  const path = join(tempDir(), "cp.db");
  writeFileSync(path, sound);
  damage(path);
  return path;
}

function overwrite(path: string, from: number, bytes: Buffer): void {
  const file = openSync(path, "r+");
  writeSync(file, bytes, 0, bytes.length, from);
  closeSync(file);
}

/** Changes the schema in a way that SQLite itself would not. */
function rewriteSchema(path: string, sql: string): void {
  const database = new DatabaseSync(path, { allowExtension: false, defensive: false });
  database.exec(`pragma writable_schema = on; ${sql}`);
  database.close();
}

const noise = (bytes: number) => Buffer.alloc(bytes, "\u00fe\u00ed noise");

const DAMAGES: readonly (readonly [what: string, damage: (path: string) => void])[] = [
  ["text", (path) => writeFileSync(path, "hello, world ".repeat(1000))],
  ["a few bytes", (path) => writeFileSync(path, "SQLite")],
  ["a header of noise", (path) => overwrite(path, 0, noise(100))],
  ["another page size in its header", (path) => overwrite(path, 16, Buffer.from([0, 3]))],
  ["a future file format", (path) => overwrite(path, 18, Buffer.from([9, 9]))],
  ["a first page of noise", (path) => overwrite(path, 100, noise(PAGE_BYTES - 100))],
  [
    "noise in all pages but the first",
    (path) => overwrite(path, PAGE_BYTES, noise(sound.length - PAGE_BYTES)),
  ],
  ["the first page alone", (path) => truncateSync(path, PAGE_BYTES)],
  ["half of the file", (path) => truncateSync(path, Math.floor(sound.length / PAGE_BYTES / 2) * PAGE_BYTES)],
  ["half of a page", (path) => truncateSync(path, PAGE_BYTES / 2)],
  ["no table of keys", (path) => rewriteSchema(path, "delete from sqlite_schema where name = 'apikey'")],
  [
    "no table of executors",
    (path) => rewriteSchema(path, "delete from sqlite_schema where name = 'executor'"),
  ],
  ["no table of people", (path) => rewriteSchema(path, "delete from sqlite_schema where name = 'user'")],
  ["no trigger of the audit log", (path) => rewriteSchema(path, "drop trigger auditEvent_update")],
  ["nothing in its schema", (path) => rewriteSchema(path, "delete from sqlite_schema")],
  [
    "noise as the SQL of a table",
    (path) => rewriteSchema(path, "update sqlite_schema set sql = 'x' where name = 'member'"),
  ],
  [
    "an invalid root page",
    (path) => rewriteSchema(path, "update sqlite_schema set rootpage = 9999 where name = 'executor'"),
  ],
  [
    "the root page of another table",
    (path) => rewriteSchema(path, "update sqlite_schema set rootpage = 1 where name = 'user'"),
  ],
];

async function startOn(path: string) {
  return runControlPlane(["serve"], {
    DATABASE_URL: `file:${path}`,
    PORT: "0",
    ...peopleEnv("http://127.0.0.1:1"),
  });
}

describe("a start on a database with", { timeout: 120_000 }, () => {
  it.each(DAMAGES)(
    "%s ends with its path, the reason and the remedy, and is no bug",
    async (_what, damage) => {
      const path = damagedFile(damage);
      const { exitCode, stderr } = await startOn(path);
      expect(stderr).not.toContain("a bug");
      expect(stderr).not.toMatch(/\n\s+at /);
      const [sentence, fix, ...more] = stderr.trimEnd().split("\n");
      expect(sentence).toContain(path);
      expect(fix ?? "    Fix: ").toMatch(/^ {4}Fix: /u);
      expect(more).toEqual([]);
      expect(stderr).toMatch(/restore a backup/);
      expect(exitCode).toBe(1);
    },
  );

  it.each<[what: string, make: (directory: string) => string, sentence: RegExp]>([
    ["a directory in its place", (directory) => directory, /is not a file/],
    ["a device in its place", () => "/dev/null", /is not a file/],
    [
      "a dangling link in its place",
      (directory) => {
        symlinkSync(join(directory, "nowhere"), join(directory, "cp.db"));
        return join(directory, "cp.db");
      },
      /it is a link to .*nowhere, which does not exist/,
    ],
  ])("%s says so, and makes nothing", async (_what, make, sentence) => {
    const directory = tempDir();
    const path = make(directory);
    const { exitCode, stderr } = await startOn(path);
    expect(stderr).not.toContain("a bug");
    expect(stderr).toContain(path);
    expect(stderr).toMatch(sentence);
    expect(exitCode).toBe(1);
    expect(existsSync(join(directory, "nowhere"))).toBe(false);
  });

  it("noise in any of its pages is never reported as a bug", async () => {
    const pages = sound.length / PAGE_BYTES;
    const seen: string[] = [];
    for (let page = 1; page < pages; page += Math.ceil(pages / 12)) {
      const path = damagedFile((file) => overwrite(file, page * PAGE_BYTES, noise(PAGE_BYTES)));
      const running = await startControlPlane({
        directory: join(path, ".."),
        env: peopleEnv("http://127.0.0.1:1"),
      }).catch((error: Error) => error.message);
      if (typeof running === "string") {
        seen.push(running);
      } else {
        await running.stop();
      }
    }
    expect(seen.filter((said) => /a bug|\n\s+at /.test(said))).toEqual([]);
  });
});

it("a database that is damaged while in use: health says so once the damage is met, and no key is called unknown", async () => {
  const controlPlane = await startControlPlane({ env: { LOG_LEVEL: "info" } });
  onTestFinished(async () => void (await controlPlane.kill()));
  const { secret } = await controlPlane.createKey();
  const health = async () => {
    const answer = await request(`${controlPlane.url}/healthz`);
    return `${answer.statusCode} ${await answer.body.text()}`;
  };
  expect(await health()).toContain("200");
  // Checkpoints the write-ahead log first, then fills all pages but the first with noise.
  const checkpoint = new DatabaseSync(controlPlane.databasePath);
  checkpoint.exec("pragma wal_checkpoint(truncate)");
  const { size } = statSync(controlPlane.databasePath);
  overwrite(controlPlane.databasePath, PAGE_BYTES, noise(size - PAGE_BYTES));
  // A change by another program makes every connection read its pages again.
  checkpoint.exec("pragma user_version = 2");
  checkpoint.close();
  const ask = async (key: string) => {
    const answer = await request(`${controlPlane.url}/graphql`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ query: CURRENT_KEY }),
    });
    await answer.body.dump();
    return answer.statusCode;
  };
  expect(await ask(secret)).toBe(503);
  expect(await ask(randomKey())).toBe(503);
  expect(await health()).toMatch(/^503 .*the database is damaged/);
  await eventually(() => controlPlane.lines.some((line) => line.includes('"event":"database.lost"')), {
    describe: "the log says so",
  });
  const said = controlPlane.lines.filter((line) => line.includes('"event":"database.lost"'));
  expect(said).toHaveLength(1);
  expect(JSON.parse(said[0] ?? "").msg).toMatch(/the database is damaged\. Fix: .*restore a backup/);
  expect(controlPlane.lines.filter((line) => line.includes('"event":"bug"'))).toEqual([]);
});
