import { statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { makeFolder } from "../../../src/lib/files/make-folder.ts";
import { tempDir } from "../../support/temp-dir.ts";

it("makes a folder with those above it, once", async () => {
  const path = join(tempDir(), "a", "b", "c");
  await Promise.all([makeFolder(path, 0o750), makeFolder(path, 0o750)]);
  await makeFolder(path, 0o700);
  expect(statSync(path).mode & 0o777).toBe(0o750);
});

it("goes through a link to a folder", async () => {
  const folder = tempDir();
  symlinkSync(tempDir(), join(folder, "link"));
  await makeFolder(join(folder, "link", "a"), 0o700);
  expect(statSync(join(folder, "link", "a")).isDirectory()).toBe(true);
});

it.each(["/proc/novacula/data", "/proc/novacula"])("ends at %s, where none can be made", async (path) => {
  await expect(makeFolder(path, 0o700)).rejects.toMatchObject({ code: "ENOENT" });
});

it("rejects if a file is in the way", async () => {
  const file = join(tempDir(), "file");
  writeFileSync(file, "");
  await expect(makeFolder(file, 0o700)).rejects.toMatchObject({ code: "EEXIST" });
  await expect(makeFolder(join(file, "a"), 0o700)).rejects.toMatchObject({ code: "ENOTDIR" });
});
