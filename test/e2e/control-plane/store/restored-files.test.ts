import { execFile } from "node:child_process";
import { chmodSync, chownSync, cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { openSqliteStore } from "../../../../src/control-plane/store/sqlite/open.ts";
import { NOBODY } from "../../../support/agent/command.ts";
import { lacks } from "../../../support/requires.ts";
import { rootOnlyDir } from "../../../support/temp-dir.ts";

const OPEN = fileURLToPath(new URL("../../../../src/control-plane/store/sqlite/open.ts", import.meta.url));
/** Opens a database as the service's user does. */
const OPENER = `
  import { openSqliteStore } from "${OPEN}";
  const [path, uid] = process.argv.slice(1);
  process.setgroups([]); process.setgid(Number(uid)); process.setuid(Number(uid));
  try { await openSqliteStore(path).close(); console.log("opened"); }
  catch (error) { console.log(error.message + "\\nFix: " + error.fix); }
`;

async function opened(path: string): Promise<string> {
  const words = ["--input-type=module", "-e", OPENER, path, String(NOBODY)];
  return (await promisify(execFile)(process.execPath, words)).stdout;
}

/** A folder of the service's user, and in it a database of its own. */
async function restored() {
  const root = rootOnlyDir();
  chmodSync(root, 0o755);
  const folder = join(root, "d");
  mkdirSync(folder);
  const path = join(folder, "cp.db");
  await openSqliteStore(path).close();
  for (const each of [folder, path]) {
    chownSync(each, NOBODY, NOBODY);
  }
  return { root, folder, path };
}

describe.skipIf(lacks("root", process.geteuid?.() === 0))("a database that root restored", () => {
  it("is opened if all of it belongs to the service's user", async () => {
    expect(await opened((await restored()).path)).toBe("opened\n");
  });

  it.each([
    ["of root", 0, 0o600, "belongs to root (group root, mode 0600)"],
    [
      "of a user that this host does not know",
      54_321,
      0o640,
      "belongs to uid 54321 (group 54321, mode 0640)",
    ],
  ])("as a file %s names it and gives it back", async (_what, uid, mode, whose) => {
    const { path } = await restored();
    chownSync(path, uid, uid);
    chmodSync(path, mode);
    const said = await opened(path);
    expect(said).toContain(`cannot open the database ${path}: ${path} ${whose}`);
    expect(said).toMatch(new RegExp(`Fix: sudo chown \\S+ ${path}\n`, "u"));
  });

  it("as a file of root that all may read names it: one that cannot be written is of no use", async () => {
    const { path } = await restored();
    chownSync(path, 0, 0);
    chmodSync(path, 0o644);
    const said = await opened(path);
    expect(said).toContain(`${path} belongs to root (group root, mode 0644), so`);
    expect(said).toMatch(new RegExp(`Fix: sudo chown \\S+ ${path}\n`, "u"));
  });

  it.each(["-wal", "-shm"])("with a %s file of root beside it names that file", async (suffix) => {
    const { path } = await restored();
    writeFileSync(path + suffix, "", { mode: 0o600 });
    const said = await opened(path);
    expect(said).toContain(`${path}${suffix} belongs to root (group root, mode 0600), so`);
    expect(said).toMatch(new RegExp(`Fix: sudo chown \\S+ ${path}${suffix}\n`, "u"));
  });

  it.each([
    ["where only root writes", 0, 0o755],
    ["of another user, which all may enter", 54_321, 0o711],
    ["of its own that nobody may write to", NOBODY, 0o555],
  ])("in a folder %s names the folder", async (_what, uid, mode) => {
    const { folder, path } = await restored();
    chownSync(folder, uid, uid);
    chmodSync(folder, mode);
    const said = await opened(path);
    expect(said).toContain(`${folder} belongs to `);
    expect(said).toContain(`mode 0${mode.toString(8)}), so`);
    expect(said).toMatch(new RegExp(`Fix: sudo ch(?:own|mod) \\S+ ${folder}\n`, "u"));
  });

  it("behind a link into a folder that only root enters names that folder", async () => {
    const { root, folder, path } = await restored();
    const own = join(root, "restored");
    mkdirSync(own, { mode: 0o700 });
    cpSync(path, join(own, "cp.db"));
    symlinkSync(join(own, "cp.db"), join(folder, "link.db"));
    const said = await opened(join(folder, "link.db"));
    expect(said).toContain(`${own} belongs to root (group root, mode 0700), so`);
    expect(said).toContain("may not enter it");
    expect(said).toContain(`chmod g+x ${own}\n`);
  });

  it("behind a link of the folder says the same", async () => {
    const { root, folder } = await restored();
    const own = join(root, "restored");
    mkdirSync(own, { mode: 0o700 });
    cpSync(folder, join(own, "d"), { recursive: true });
    symlinkSync(join(own, "d"), join(root, "link"));
    const said = await opened(join(root, "link", "cp.db"));
    expect(said).toContain(`${own} belongs to root (group root, mode 0700), so`);
  });

  it("behind a link into a folder where only root writes names that folder", async () => {
    const { root, folder, path } = await restored();
    const own = join(root, "restored");
    mkdirSync(own, { mode: 0o755 });
    cpSync(path, join(own, "cp.db"));
    chownSync(join(own, "cp.db"), NOBODY, NOBODY);
    symlinkSync(join(own, "cp.db"), join(folder, "link.db"));
    const said = await opened(join(folder, "link.db"));
    expect(said).toContain(`${own} belongs to root (group root, mode 0755), so`);
    expect(said).toMatch(new RegExp(`Fix: sudo chown \\S+ ${own}\n`, "u"));
  });
});
