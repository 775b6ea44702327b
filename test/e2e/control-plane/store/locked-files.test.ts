import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openSqliteStore } from "../../../../src/control-plane/store/sqlite/open.ts";
import { runControlPlane } from "../../../support/control-plane/control-plane.ts";
import { lacks } from "../../../support/requires.ts";
import { rootOnlyDir } from "../../../support/temp-dir.ts";

const hasFlags = process.geteuid?.() === 0 && spawnSync("lsattr", ["-d", "/srv"]).status === 0;

/** Runs a command while `place` in a folder with a database has the flag. */
async function whileLocked(flag: string, place: string, words: (folder: string) => readonly string[]) {
  const folder = rootOnlyDir();
  mkdirSync(join(folder, "run"));
  await openSqliteStore(join(folder, "cp.db")).close();
  writeFileSync(join(folder, "empty.db"), "");
  const [database = "", ...command] = words(folder);
  execFileSync("chattr", [`+${flag}`, join(folder, place)]);
  try {
    const result = await runControlPlane(command, {
      DATABASE_URL: `file:${join(folder, database)}`,
      MANAGEMENT_SOCKET: join(folder, "run", "m.sock"),
      PORT: "0",
    });
    return { ...result, folder };
  } finally {
    execFileSync("chattr", [`-${flag}`, join(folder, place)]);
  }
}

describe.skipIf(lacks("root, and a file system with flags", hasFlags))("chattr", () => {
  it.each<[flag: "i" | "a", place: string, database: string, what: string]>([
    ["i", "cp.db", "cp.db", "cannot open the database"],
    ["a", "cp.db", "cp.db", "cannot open the database"],
    ["i", ".", "new.db", "cannot open the database"],
    ["i", ".", "new/cp.db", "cannot create the folder"],
    ["i", "run", "cp.db", "cannot listen on the management socket"],
    ["a", "run", "cp.db", "cannot listen on the management socket"],
  ])(
    "+%s on %s with the database %s: serve names it, and the command",
    async (flag, place, database, what) => {
      const { exitCode, stderr, folder } = await whileLocked(flag, place, () => [database, "serve"]);
      const locked = join(folder, place);
      const word = flag === "i" ? "immutable" : "append-only";
      expect(exitCode).toBe(1);
      expect(stderr).toContain(what);
      expect(stderr).toMatch(
        new RegExp(`: .*${locked} .*is (?:probably )?${word} \\(chattr \\+${flag}\\)`, "u"),
      );
      expect(stderr).toContain(`Fix: sudo chattr -${flag} ${locked}\n`);
    },
  );

  it("+i on the folder of a backup is named", async () => {
    const words = (folder: string) => ["cp.db", "backup", join(folder, "b.db")];
    const { exitCode, stderr, folder } = await whileLocked("i", ".", words);
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain(`${folder} is immutable (chattr +i), for root too\n`);
  });

  it("+a on the folder of a backup: the copy is made, and only an empty folder stays", async () => {
    const words = (folder: string) => ["cp.db", "backup", join(folder, "b.db")];
    const { exitCode, stdout, stderr, folder } = await whileLocked("a", ".", words);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(/checked\.\n$/u);
    const left = readdirSync(folder).filter((name) => name.startsWith(".backup-"));
    expect(left.flatMap((name) => readdirSync(join(folder, name)))).toEqual([]);
  });
});
