import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { fileStart } from "../../../../src/agent/systemd/service/file-start.ts";

let folder = "";
const at = (name: string) => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nova-start-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("no more than the first bytes of a file are read, and its size is known", async () => {
  writeFileSync(at("long"), "abcdef");
  writeFileSync(at("empty"), "");
  const long = await fileStart(at("long"), 4);
  expect(long?.bytes.toString()).toBe("abcd");
  expect(long?.stats.size).toBe(6);
  expect((await fileStart(at("long"), 40))?.bytes.toString()).toBe("abcdef");
  expect((await fileStart(at("empty"), 4))?.bytes.toString()).toBe("");
});

it("what is no regular file is not read, and nothing waits for the writer of a FIFO", async () => {
  execFileSync("mkfifo", [at("fifo")]);
  expect(await fileStart(at("fifo"), 4)).toBeUndefined();
  expect(await fileStart("/dev/zero", 4)).toBeUndefined();
  expect(await fileStart(folder, 4)).toBeUndefined();
  await expect(fileStart(at("none"), 4)).rejects.toThrow("ENOENT");
});
