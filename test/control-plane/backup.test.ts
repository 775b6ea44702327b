import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { runCommand, runControlPlane, startControlPlane } from "../support/control-plane.ts";
import { createExecutorSyncs } from "../support/executor-syncs.ts";
import { tempDir } from "../support/temp-dir.ts";

it("copies a database in use to the state of one moment, which a new control plane starts from", async () => {
  const controlPlane = await startControlPlane();
  onTestFinished(async () => void (await controlPlane.stop()));
  const key = await controlPlane.createKey();
  const syncs = createExecutorSyncs(controlPlane.url, key.secret);
  await syncs.one();
  const target = tempDir();
  const file = join(target, "control-plane.db");
  const running = syncs.until(() => existsSync(file));
  const made = await runControlPlane(["backup", file], { DATABASE_URL: `file:${controlPlane.databasePath}` });
  await running;
  expect(made).toMatchObject({ exitCode: 0, stderr: "" });
  expect(made.stdout).toMatch(/^Backed up .* to .*, \d+ bytes, checked\.\n$/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(target)).toEqual(["control-plane.db"]);
  await controlPlane.revokeKey(key.id);
  const restored = await startControlPlane({ directory: target });
  onTestFinished(async () => void (await restored.stop()));
  expect(await restored.executors("acme")).toMatchObject([{ name: "agent-1", key: { id: key.id } }]);
  expect((await createExecutorSyncs(restored.url, key.secret).one()).status).toBe(200);
});

it.each([
  [
    "a file that is there",
    (directory: string) => writeFileSync(join(directory, "b.db"), "mine"),
    /is there already/,
  ],
  ["a directory that is not there", () => undefined, /cannot back up the database .*cp\.db to .*no\/b\.db/],
])("does not back up to %s", async (_what, prepare, sentence) => {
  const directory = tempDir();
  const { openSqliteStore } = await import("../../src/control-plane/sqlite/store.ts");
  await openSqliteStore(join(directory, "cp.db")).close();
  prepare(directory);
  const file = String(sentence).includes("no") ? join(directory, "no", "b.db") : join(directory, "b.db");
  const result = await runCommand(["backup", file], { DATABASE_URL: `file:${join(directory, "cp.db")}` });
  expect(result.exitCode).toBe(1);
  expect(result.stderr).toMatch(sentence);
  expect(readdirSync(directory).filter((name) => name.includes("partial"))).toEqual([]);
});

it("makes no database where there is none to copy", async () => {
  const directory = tempDir();
  mkdirSync(join(directory, "d"));
  const result = await runCommand(["backup", join(directory, "b.db")], {
    DATABASE_URL: `file:${join(directory, "d", "cp.db")}`,
  });
  expect(result).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("cannot back up the database"),
  });
  expect(readdirSync(join(directory, "d"))).toEqual([]);
});
