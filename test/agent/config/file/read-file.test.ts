import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readBoundedFile } from "../../../../src/agent/config/file/read-file.ts";
import { tempDir } from "../../../support/temp-dir.ts";

it("leaves no descriptor open, whatever it reads", async () => {
  const folder = tempDir();
  const at = (name: string) => join(folder, name);
  writeFileSync(at("file"), "text");
  writeFileSync(at("large"), Buffer.alloc(1024 * 1024 + 1));
  mkdirSync(at("folder"));
  execFileSync("mkfifo", [at("pipe")]);
  const kinds: string[][] = [];
  const before = readdirSync("/proc/self/fd").length;
  for (let n = 0; n < 50; n += 1) {
    for (const name of ["file", "large", "folder", "pipe", "missing", "file/below"]) {
      const read = await readBoundedFile(at(name));
      kinds[n] = [...(kinds[n] ?? []), read.kind === "read" ? "read" : read.code];
    }
  }
  expect(readdirSync("/proc/self/fd").length).toBe(before);
  expect(kinds.at(-1)).toEqual(["read", "too-large", "is-folder", "is-named-pipe", "ENOENT", "ENOTDIR"]);
});
