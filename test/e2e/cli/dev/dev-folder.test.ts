import { createHash } from "node:crypto";
import { chmodSync, chownSync, mkdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openDevFolder } from "../../../../src/agent/cli/dev/dev-folder.ts";
import { NOBODY } from "../../../support/agent/command.ts";
import { lacks } from "../../../support/requires.ts";
import { rootOnlyDir } from "../../../support/temp-dir.ts";

const isRoot = process.geteuid?.() === 0;

function mode(path: string): number {
  return statSync(path).mode & 0o777;
}

describe("the folder of dev", () => {
  it("is its owner's alone, also where it was there with another mode", async () => {
    const path = join(rootOnlyDir(), "new", "dev");
    const folder = await openDevFolder(path);
    expect([mode(path), mode(folder.dataDir)]).toEqual([0o700, 0o700]);
    chmodSync(path, 0o755);
    await openDevFolder(path);
    expect(mode(path)).toBe(0o700);
  });

  it("is no link, and what a link leads to keeps its mode", async () => {
    const root = rootOnlyDir();
    const victim = join(root, "victim");
    mkdirSync(victim, { mode: 0o755 });
    symlinkSync(victim, join(root, "dev"));
    await expect(openDevFolder(join(root, "dev"))).rejects.toThrow("because it is a link or a file");
    expect(mode(victim)).toBe(0o755);
  });

  it("follows no link that somebody put in /tmp, where its sockets go when its path is long", async () => {
    const root = rootOnlyDir();
    const path = join(root, "x".repeat(100));
    const name = `novacula-dev-${createHash("sha256").update(path).digest("hex").slice(0, 12)}`;
    const planted = join(tmpdir(), name);
    const victim = join(root, "victim");
    mkdirSync(victim, { mode: 0o755 });
    symlinkSync(victim, planted);
    onTestFinished(() => rmSync(planted, { force: true }));
    await expect(openDevFolder(path)).rejects.toThrow(`cannot use ${planted}, because `);
    expect(mode(victim)).toBe(0o755);
    rmSync(planted);
    onTestFinished(() => rmSync(planted, { recursive: true, force: true }));
    expect((await openDevFolder(path)).runtimeDir).toBe(planted);
  });

  it.skipIf(lacks("root, to give folders away", isRoot))("is nobody else's", async () => {
    const root = rootOnlyDir();
    const theirs = join(root, "theirs");
    mkdirSync(theirs);
    chownSync(theirs, NOBODY, NOBODY);
    await expect(openDevFolder(theirs)).rejects.toThrow("because it belongs to another user");
    await expect(openDevFolder(join(theirs, "dev"))).rejects.toThrow(
      `others than root can write to ${theirs} (owner nobody, group nogroup, mode 0755). Fix: run this as nobody, or`,
    );
  });
});
