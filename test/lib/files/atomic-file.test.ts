import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { writeFileAtomically } from "../../../src/lib/files/atomic-file.ts";
import { tempDir } from "../../support/temp-dir.ts";

it("replaces a file, with the mode that was asked for, whatever the old one had", async () => {
  const path = join(tempDir(), "state.json");
  writeFileSync(path, "old", { mode: 0o644 });
  await writeFileAtomically(path, "new", { mode: 0o600 });
  expect(readFileSync(path, "utf8")).toBe("new");
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it("a reader that has the old file open keeps the old text; nothing temporary is left", async () => {
  const folder = tempDir();
  const path = join(folder, "state.json");
  writeFileSync(path, "old");
  const { ino } = statSync(path);
  await writeFileAtomically(path, "new", { mode: 0o600 });
  expect(statSync(path).ino).not.toBe(ino);
  expect(readdirSync(folder)).toEqual(["state.json"]);
});

it("where it cannot be put, the failure leaves nothing behind", async () => {
  const folder = tempDir();
  await expect(writeFileAtomically(join(folder, "no", "state.json"), "x", { mode: 0o600 })).rejects.toThrow(
    "ENOENT",
  );
  symlinkSync("/proc/self/no-such-folder", join(folder, "dead"));
  await expect(writeFileAtomically(join(folder, "dead", "x"), "x", { mode: 0o600 })).rejects.toThrow();
  expect(readdirSync(folder)).toEqual(["dead"]);
});

it("writers at once do not mix", async () => {
  const path = join(tempDir(), "state.json");
  const texts = Array.from({ length: 20 }, (_, i) => String(i).repeat(10_000));
  await Promise.all(texts.map((text) => writeFileAtomically(path, text, { mode: 0o600 })));
  expect(texts).toContain(readFileSync(path, "utf8"));
});
