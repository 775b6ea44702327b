import { hash } from "node:crypto";
import { chmodSync, linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readInstallRecord, stateOf, withFiles } from "../../../../src/agent/cli/service/install-record.ts";
import { lacks } from "../../../support/requires.ts";
import { tempDir } from "../../../support/temp-dir.ts";

const HASH = hash("sha256", "the program", "hex");

describe("a file that install wrote", () => {
  const changes: readonly (readonly [what: string, state: string, change: (path: string) => void])[] = [
    ["is as it was", "unchanged", () => undefined],
    ["has another mode", "unchanged", (path) => chmodSync(path, 0o700)],
    ["has a second name", "unchanged", (path) => linkSync(path, `${path}.hard`)],
    ["has other bytes", "changed", (path) => writeFileSync(path, "another program")],
    ["is empty", "changed", (path) => writeFileSync(path, "")],
    [
      "is a link to the same bytes",
      "changed",
      (path) => {
        writeFileSync(`${path}.real`, "the program");
        rmSync(path);
        symlinkSync(`${path}.real`, path);
      },
    ],
    [
      "is a folder",
      "changed",
      (path) => {
        rmSync(path);
        mkdirSync(path);
      },
    ],
    ["is gone", "missing", (path) => rmSync(path)],
  ];
  it.each(changes)("that %s is %s", async (_what, state, change) => {
    const path = join(tempDir(), "program");
    writeFileSync(path, "the program");
    change(path);
    expect(await stateOf({ path, sha256: HASH })).toBe(state);
  });
});

describe("the record", () => {
  const record = { format: 1, files: [{ path: "/usr/local/bin/novacula-agent", sha256: HASH }] } as const;

  it("keeps what was installed elsewhere before, and one line for each path", () => {
    const other = { path: "/opt/agent", sha256: HASH };
    const both = withFiles({ format: 1, files: [...record.files] }, [other]);
    expect(both.files.map(({ path }) => path)).toEqual(["/usr/local/bin/novacula-agent", "/opt/agent"]);
    expect(withFiles(both, [{ ...other, sha256: hash("sha256", "newer", "hex") }]).files).toHaveLength(2);
  });

  it.skipIf(lacks("root, whose file it is", process.geteuid?.() === 0))(
    "is read where it is root's",
    async () => {
      const path = join(tempDir(), "record.json");
      expect(await readInstallRecord(path)).toBeUndefined();
      writeFileSync(path, JSON.stringify(record), { mode: 0o644 });
      expect(await readInstallRecord(path)).toEqual(record);
      chmodSync(path, 0o666);
      expect(await readInstallRecord(path)).toBeUndefined();
      chmodSync(path, 0o644);
      symlinkSync(path, `${path}.link`);
      expect(await readInstallRecord(`${path}.link`)).toBeUndefined();
      for (const text of [
        "",
        "{}",
        "null",
        JSON.stringify({ ...record, more: 1 }),
        JSON.stringify(record).repeat(2),
      ]) {
        writeFileSync(path, text);
        expect(await readInstallRecord(path)).toBeUndefined();
      }
    },
  );
});
