import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openSqliteStore } from "../../../src/control-plane/store/sqlite/open.ts";
import { tempDir } from "../../support/temp-dir.ts";

const IS_ROOT = process.geteuid?.() === 0;
const OPEN = new URL("../../../src/control-plane/store/sqlite/open.ts", import.meta.url).href;

function scene() {
  const above = join(tempDir(), "above");
  const folder = join(above, "data");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "cp.db");
  const store = openSqliteStore(path);
  onTestFinished(() => store.close());
  return { above, folder, path, problem: () => store.problem() };
}

/**
 * Three looks at a store: before `closed` denies, while it does, and after that. For root, modes do
 * not count; so a process of its own becomes another user once it has loaded its modules.
 */
function looks(folders: readonly string[], closed: string) {
  const path = join(folders.at(-1) ?? "", "cp.db");
  const script = `
    import { chmodSync, chownSync } from "node:fs";
    const { openSqliteStore } = await import(${JSON.stringify(OPEN)});
    const store = openSqliteStore(${JSON.stringify(path)});
    if (${IS_ROOT}) {
      for (const each of ${JSON.stringify([...folders, path, `${path}-wal`, `${path}-shm`])}) {
        chownSync(each, 65534, 65534);
      }
      process.setgroups([]);
      process.setgid(65534);
      process.setuid(65534);
    }
    const before = store.problem();
    chmodSync(${JSON.stringify(closed)}, 0o600);
    const during = store.problem();
    chmodSync(${JSON.stringify(closed)}, 0o700);
    console.log(JSON.stringify([before ?? null, during ?? null, store.problem() ?? null]));`;
  const out = execFileSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" });
  return JSON.parse(out);
}

describe("a database that cannot be reached any more", () => {
  it.each(["folder", "above"] as const)(
    "names the %s that denies, with its mode and the command",
    (which) => {
      const top = tempDir();
      chmodSync(top, 0o755);
      const above = join(top, "above");
      const folder = join(above, "data");
      mkdirSync(folder, { recursive: true });
      const closed = { above, folder }[which];
      const [before, during, after] = looks([above, folder], closed);
      expect([before, after]).toEqual([null, null]);
      expect(during.reason).toBe("the database file cannot be reached (EACCES)");
      expect(during.detail).toContain(`${closed} belongs to `);
      expect(during.detail).toContain("mode 0600");
      expect(during.remedy).toMatch(/^sudo chmod u\+\w+ \S+$/u);
      expect(during.remedy.endsWith(` ${closed}`)).toBe(true);
      expect(JSON.stringify(during)).not.toMatch(/original|moved|replaced|or restart/u);
    },
  );

  it("behind a folder that became a file is gone, and the file is named", () => {
    const { above, folder, problem } = scene();
    renameSync(folder, `${folder}.away`);
    writeFileSync(folder, "");
    expect(problem()).toMatchObject({
      reason: "the database file was moved or deleted",
      detail: `${folder} is not a folder.`,
    });
    rmSync(folder);
    renameSync(above, `${above}.away`);
    expect(problem()?.detail).toBe(`${above} is not there.`);
    renameSync(`${above}.away`, above);
  });

  it("is not answered with a restart if that would make an empty database", () => {
    const { path, problem } = scene();
    renameSync(path, `${path}.away`);
    const found = problem();
    expect(found).not.toHaveProperty("detail");
    expect(found?.remedy).toMatch(
      /restore a backup.*a restart without the file makes a new, empty database/u,
    );
  });
});
