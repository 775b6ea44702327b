import { execFile, execFileSync } from "node:child_process";
import { linkSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { ContentLost, overwriteFile } from "../../src/lib/files/overwrite-file.ts";
import { lacks } from "../support/requires.ts";
import { tempDir } from "../support/temp-dir.ts";

const isRoot = process.geteuid?.() === 0;
const bytes = (text: string) => Buffer.from(text);
const MODULE = new URL("../../src/lib/files/overwrite-file.ts", import.meta.url).href;

describe("a file that is overwritten", () => {
  it.each([
    ["longer", "the old text", "a text that is longer than the old one"],
    ["shorter", "the old text", "new"],
    ["empty", "the old text", ""],
  ])(
    "has exactly the new content, also if it is %s, and stays the same file",
    async (_what, old, content) => {
      const folder = tempDir();
      const path = join(folder, "file");
      writeFileSync(path, old, { mode: 0o640 });
      linkSync(path, join(folder, "other name"));
      const { ino, mode } = statSync(path);
      await overwriteFile(path, {
        content: bytes(content),
        before: bytes(old),
        beforeWrite: async () => {
          const [copy = ""] = readdirSync(folder).filter((name) => name.endsWith(".old"));
          expect(readFileSync(join(folder, copy), "utf8")).toBe(old);
          expect(statSync(join(folder, copy)).mode & 0o777).toBe(0o600);
        },
      });
      expect(readFileSync(join(folder, "other name"), "utf8")).toBe(content);
      expect(statSync(path)).toMatchObject({ ino, mode });
      expect(readdirSync(folder).sort()).toEqual(["file", "other name"]);
    },
  );

  it("stays as it is, without a copy beside it, if somebody objects at the last moment", async () => {
    const folder = tempDir();
    const path = join(folder, "file");
    writeFileSync(path, "old");
    const beforeWrite = () => Promise.reject(new Error("no"));
    await expect(
      overwriteFile(path, { content: bytes("new"), before: bytes("old"), beforeWrite }),
    ).rejects.toThrow("no");
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["file"]);
  });

  it("gets its old content back if there is no room for the new one", async () => {
    const folder = tempDir();
    const path = join(folder, "file");
    writeFileSync(path, "old");
    const script = `
      const { overwriteFile } = await import(${JSON.stringify(MODULE)});
      const content = Buffer.alloc(10_000, "n");
      await overwriteFile(process.argv[1], { content, before: Buffer.from("old"), beforeWrite: async () => {} })
        .catch((error) => console.log(error.code));`;
    const words = ["--fsize=4096", process.execPath, "--input-type=module", "-e", script, path];
    const { stdout } = await promisify(execFile)("prlimit", words);
    expect(stdout).toBe("EFBIG\n");
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["file"]);
  });

  it.skipIf(lacks("root, for a device that is always full", isRoot))(
    "keeps the copy, and names it, if even that fails",
    async () => {
      const folder = tempDir();
      const path = join(folder, "full");
      execFileSync("mknod", [path, "c", "1", "7"]);
      const lost = await overwriteFile(path, {
        content: bytes("new"),
        before: bytes("old"),
        beforeWrite: async () => {},
      }).catch((error: unknown) => error);
      expect(lost).toBeInstanceOf(ContentLost);
      const copy = lost instanceof ContentLost ? lost.copy : "";
      expect(copy).toMatch(/^\.full\.[0-9a-f]{12}\.old$/u);
      expect(readFileSync(join(folder, copy), "utf8")).toBe("old");
    },
  );
});
