import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { holdPlace, LinkInOpenFolder } from "../../../src/lib/files/held-place.ts";
import { lacks } from "../../support/requires.ts";
import { rootOnlyDir } from "../../support/temp-dir.ts";

const NOBODY = 65534;

describe.skipIf(lacks("root, to give folders away", process.geteuid?.() === 0))("holdPlace", () => {
  it("follows links where only root may write, also relative and nested ones", async () => {
    const root = rootOnlyDir();
    mkdirSync(join(root, "real"));
    writeFileSync(join(root, "real", "file"), "text");
    symlinkSync("real", join(root, "one"));
    symlinkSync(join(root, "one"), join(root, "two"));
    symlinkSync("../two/./file", join(root, "real", "link"));
    await using place = await holdPlace(join(root, "two", "..", "one", "link"));
    expect(place.real).toBe(join(root, "real", "file"));
    expect(place.open).toEqual([]);
    expect(readFileSync(place.handle, "utf8")).toBe("text");
  });

  it("holds the place of a file that is not there, and the one that a dangling link names", async () => {
    const root = rootOnlyDir();
    symlinkSync("missing", join(root, "link"));
    await using place = await holdPlace(join(root, "link"));
    expect(place.real).toBe(join(root, "missing"));
    await expect(holdPlace(join(root, "no", "file"))).rejects.toThrow("ENOENT");
    await expect(holdPlace("/")).rejects.toThrow("EISDIR");
  });

  it("ends a link that leads to itself", async () => {
    const root = rootOnlyDir();
    symlinkSync("loop", join(root, "loop"));
    await expect(holdPlace(join(root, "loop"))).rejects.toThrow("ELOOP");
  });

  it.each([
    ["another user's", 0o755, NOBODY, 0],
    ["everybody's", 0o777, 0, 0],
    ["everybody's with the sticky bit", 0o1777, 0, 0],
    ["a group's", 0o775, 0, NOBODY],
  ])("names a folder that is %s, and follows no link below it", async (_whose, mode, uid, gid) => {
    const root = rootOnlyDir();
    const open = join(root, "open");
    mkdirSync(join(open, "below"), { recursive: true });
    symlinkSync("/etc/passwd", join(open, "link"));
    symlinkSync("/etc", join(open, "folder"));
    symlinkSync("/etc/passwd", join(open, "below", "link"));
    chownSync(open, uid, gid);
    chmodSync(open, mode);
    await using place = await holdPlace(join(open, "below", "file"));
    expect(place.open).toEqual([{ path: open, uid, gid, mode }]);
    for (const path of ["link", "folder/passwd", "below/link"]) {
      await expect(holdPlace(join(open, path))).rejects.toThrow(LinkInOpenFolder);
    }
  });

  it("stays in the folder that was opened, whatever takes its name", async () => {
    const root = rootOnlyDir();
    const folder = join(root, "folder");
    mkdirSync(folder);
    await using place = await holdPlace(join(folder, "file"));
    renameSync(folder, `${folder}-moved`);
    symlinkSync("/etc", folder);
    writeFileSync(place.handle, "text");
    expect(readFileSync(join(`${folder}-moved`, "file"), "utf8")).toBe("text");
    expect(dirname(place.real)).toBe(folder);
  });
});
