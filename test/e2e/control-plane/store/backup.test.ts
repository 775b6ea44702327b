import { execFile } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  runCommand,
  runControlPlane,
  startControlPlane,
} from "../../../support/control-plane/control-plane.ts";
import { createExecutorSyncs } from "../../../support/control-plane/executor-syncs.ts";
import { lacks } from "../../../support/requires.ts";
import { tempDir } from "../../../support/temp-dir.ts";

it("copies a database in use as it is at one moment, and a new control plane starts from the copy", async () => {
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
    "an existing file",
    (directory: string) => writeFileSync(join(directory, "b.db"), "mine"),
    /exists already/,
  ],
  [
    "a directory that does not exist",
    () => undefined,
    /cannot back up the database .*cp\.db to .*no\/b\.db: there is no folder .*\/no\n +Fix: create it, or name another\n$/,
  ],
])("does not back up to %s", async (_what, prepare, sentence) => {
  const directory = tempDir();
  const { openSqliteStore } = await import("../../../../src/control-plane/store/sqlite/open.ts");
  await openSqliteStore(join(directory, "cp.db")).close();
  prepare(directory);
  const file = String(sentence).includes("no") ? join(directory, "no", "b.db") : join(directory, "b.db");
  const result = await runCommand(["backup", file], { DATABASE_URL: `file:${join(directory, "cp.db")}` });
  expect(result.exitCode).toBe(1);
  expect(result.stderr).toMatch(sentence);
  expect(readdirSync(directory).filter((name) => name.startsWith(".backup"))).toEqual([]);
});

it("ignores files planted in place of its copy, and leaves none behind", async () => {
  const directory = tempDir();
  const database = join(directory, "cp.db");
  const { openSqliteStore } = await import("../../../../src/control-plane/store/sqlite/open.ts");
  await openSqliteStore(database).close();
  const target = tempDir();
  chmodSync(target, 0o1777);
  const file = join(target, "b.db");
  // World-writable empty files under every name that this process could choose.
  const planted = Array.from({ length: 10 }, (_, n) => `b.db.partial-${process.pid + n}`);
  for (const name of planted) {
    writeFileSync(join(target, name), "");
    chmodSync(join(target, name), 0o666);
  }
  const made = await runCommand(["backup", file], { DATABASE_URL: `file:${database}` });
  expect(made).toMatchObject({ exitCode: 0, stderr: "" });
  const { mode, uid, nlink } = statSync(file);
  expect([mode & 0o777, uid, nlink]).toEqual([0o600, process.getuid?.(), 1]);
  expect(readdirSync(target).sort()).toEqual(["b.db", ...planted].sort());
  for (const name of planted) {
    expect(statSync(join(target, name)).size).toBe(0);
  }
});

it("does not follow a link in place of its copy", async () => {
  const directory = tempDir();
  const { openSqliteStore } = await import("../../../../src/control-plane/store/sqlite/open.ts");
  await openSqliteStore(join(directory, "cp.db")).close();
  symlinkSync(join(directory, "elsewhere"), join(directory, "b.db"));
  const made = await runCommand(["backup", join(directory, "b.db")], {
    DATABASE_URL: `file:${join(directory, "cp.db")}`,
  });
  expect(made).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("exists already") });
  expect(readdirSync(directory)).not.toContain("elsewhere");
});

it.each([
  ["that anybody may write", 0o777],
  ["that another group may write", 0o775],
])("refuses a folder %s, with its owner and mode", async (_what, mode) => {
  const directory = tempDir();
  const { openSqliteStore } = await import("../../../../src/control-plane/store/sqlite/open.ts");
  await openSqliteStore(join(directory, "cp.db")).close();
  const target = tempDir();
  if (process.getuid?.() === 0) {
    chownSync(target, 0, 12_345);
  }
  chmodSync(target, process.getuid?.() === 0 ? mode : 0o777);
  const made = await runCommand(["backup", join(target, "b.db")], {
    DATABASE_URL: `file:${join(directory, "cp.db")}`,
  });
  expect(made.exitCode).toBe(1);
  expect(made.stderr).toMatch(/others may replace files in .*owner \d+, mode 77[75]/);
  expect(readdirSync(target)).toEqual([]);
});

it.skipIf(process.getuid?.() !== 0)(
  "refuses a folder of another user, who could replace what root creates",
  async () => {
    const directory = tempDir();
    const { openSqliteStore } = await import("../../../../src/control-plane/store/sqlite/open.ts");
    await openSqliteStore(join(directory, "cp.db")).close();
    const target = tempDir();
    chownSync(target, 12_345, 12_345);
    const made = await runCommand(["backup", join(target, "b.db")], {
      DATABASE_URL: `file:${join(directory, "cp.db")}`,
    });
    expect(made).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("owner 12345") });
  },
);

it("never advises to remove an existing target: it could be the database itself, or a folder", async () => {
  const directory = tempDir();
  const database = join(directory, "cp.db");
  const { openSqliteStore } = await import("../../../../src/control-plane/store/sqlite/open.ts");
  await openSqliteStore(database).close();
  for (const file of [database, directory]) {
    const result = await runCommand(["backup", file], { DATABASE_URL: `file:${database}` });
    expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("exists already") });
    expect(result.stderr).not.toContain("remove");
  }
});

it("creates no database if there is none to copy", async () => {
  const directory = tempDir();
  mkdirSync(join(directory, "d"));
  const result = await runCommand(["backup", join(directory, "b.db")], {
    DATABASE_URL: `file:${join(directory, "d", "cp.db")}`,
  });
  expect(result).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(
      /cannot back up the database .*: there is no database\n +Fix: set DATABASE_URL/,
    ),
  });
  expect(readdirSync(join(directory, "d"))).toEqual([]);
});

const COMMAND_LINE = fileURLToPath(
  new URL("../../../../src/control-plane/cli/command-line.ts", import.meta.url),
);
const NOBODY = 65_534;
/** Runs `backup` as another user, who may not read this checkout. */
const BACKUP = `
  import { Readable } from "node:stream";
  import { runCommandLine } from "${COMMAND_LINE}";
  process.setgroups([]); process.setgid(${NOBODY}); process.setuid(${NOBODY});
  const [file, database] = process.argv.slice(1);
  const write = (text) => process.stdout.write(text);
  const environment = { DATABASE_URL: "file:" + database };
  await runCommandLine(["backup", file], { environment, stdin: Readable.from([]), stdout: { write }, stderr: { write } });
`;

describe.skipIf(lacks("root, to be another user", process.getuid?.() === 0))("without sudo", () => {
  /** What nobody is told who wants a copy of `database` in `file`. */
  async function refusal(database: string, file: string): Promise<string> {
    const args = ["--input-type=module", "-e", BACKUP, file, database];
    return (await promisify(execFile)(process.execPath, args)).stdout;
  }

  async function databaseIn(folder: string): Promise<string> {
    mkdirSync(folder);
    const { openSqliteStore } = await import("../../../../src/control-plane/store/sqlite/open.ts");
    await openSqliteStore(join(folder, "cp.db")).close();
    return join(folder, "cp.db");
  }

  it("says whose the database is, and does not call it missing", async () => {
    const directory = tempDir();
    chmodSync(directory, 0o755);
    const target = join(directory, "target");
    mkdirSync(target);
    chownSync(target, NOBODY, NOBODY);
    const folder = join(directory, "closed");
    const database = await databaseIn(folder);
    chmodSync(database, 0o600);
    const file = join(target, "b.db");
    expect(await refusal(database, file)).toMatch(
      /closed\/cp\.db belongs to root \(group root, mode 0600\), so .*65534\) may not read it\n +Fix: put sudo in front of the command\n$/u,
    );
    chmodSync(folder, 0o700);
    const closed = await refusal(database, file);
    expect(closed).toMatch(
      /closed belongs to root \(group root, mode 0700\), so .* may not enter it, and so not read .*cp\.db\n +Fix: put sudo in front/u,
    );
    expect(await refusal(join(folder, "gone.db"), file)).not.toContain("there is no database");
    expect(await refusal(join(directory, "gone.db"), file)).toContain("there is no database");
  });

  it("says that the folder of the copy is closed, and gives no chown of it", async () => {
    const directory = tempDir();
    chmodSync(directory, 0o755);
    const database = await databaseIn(join(directory, "open"));
    chmodSync(database, 0o644);
    mkdirSync(join(directory, "target"), { mode: 0o755 });
    const said = await refusal(database, join(directory, "target", "b.db"));
    expect(said).toMatch(/target belongs to root .* may not write there\n +Fix: put sudo in front/u);
    mkdirSync(join(directory, "closed"), { mode: 0o700 });
    expect(await refusal(database, join(directory, "closed", "d", "b.db"))).toMatch(
      /closed belongs to root .* may not enter it, .*\n +Fix: put sudo in front/u,
    );
  });
});
