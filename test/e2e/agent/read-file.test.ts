import { execFileSync } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../../src/agent/config/load-config.ts";
import { minimal, rareLetters, temporaryDirectory, writeConfig } from "../../support/agent/config-file.ts";
import { issuesOf, keyOf } from "../../support/agent/loaded-config.ts";

const K = `exc_${rareLetters()}`;
const isRoot = process.geteuid?.() === 0;

describe("a file that cannot be read", () => {
  it.each([
    ["does not exist", async () => {}, "does not exist. Create it, or name another file."],
    [
      "is a directory",
      (path: string) => mkdir(path),
      "is a directory, not a regular file. Name a regular file.",
    ],
    [
      "is a FIFO without a writer",
      async (path: string) => void execFileSync("mkfifo", [path]),
      "is a named pipe, not a regular file. Name a regular file.",
    ],
    [
      "is a device",
      (path: string) => symlink("/dev/null", path),
      "is a device, not a regular file. Name a regular file.",
    ],
    [
      "is a dangling link",
      (path: string) => symlink("nowhere", path),
      "is a symbolic link to a file that does not exist. Create the target of the link, or fix the link.",
    ],
    [
      "is a link to itself",
      (path: string) => symlink(path, path),
      "is a symbolic link to itself. Fix the link.",
    ],
    [
      "is larger than a mebibyte",
      (path: string) => writeFile(path, "#".repeat(1024 * 1024 + 1)),
      "is larger than 1 MiB: no configuration, key or certificate is so large. Check that this is the right file.",
    ],
    [
      "is not UTF-8",
      (path: string) =>
        writeFile(path, Buffer.concat([Buffer.from("# a\nname\u00fc = "), Buffer.from([0xa0, 0x0a])])),
      /:2:9: is not UTF-8: byte 0xA0, a no-break space in Latin-1, is not allowed here\. Replace that character, or save the file as UTF-8\.$/u,
    ],
    [
      "is UTF-16 without a mark",
      (path: string) => writeFile(path, Buffer.from("[agent]\n", "utf16le")),
      "contains NUL bytes, which no text file has. Save it as UTF-8; it may be UTF-16 without a byte-order mark.",
    ],
  ])("because it %s", async (_why, make, sentence) => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, "agent.toml");
    await make(path);
    const loaded = await loadConfig(path, {});
    expect(loaded).toMatchObject({ verdict: "invalid", config: undefined, files: [path] });
    const [issue] = issuesOf(loaded);
    if (typeof sentence === "string") {
      expect(issue).toBe(`${path}: ${sentence}`);
    } else {
      expect(issue).toMatch(sentence);
    }
  });

  it("because a part of its path is a file", async () => {
    await using directory = await temporaryDirectory();
    const path = await writeConfig(directory.path, minimal());
    expect(issuesOf(await loadConfig(`${path}/agent.toml`, {}))[0]).toContain(
      "part of its path is not a folder",
    );
  });

  it.runIf(isRoot)("because of its mode: who reads, and the command that lets them", async () => {
    await using directory = await temporaryDirectory();
    const path = await writeConfig(directory.path, minimal(`access_token = "${K}"`), 0o600);
    execFileSync("chmod", ["755", directory.path]);
    const asNobody = async () => {
      process.setegid?.(65534);
      process.seteuid?.(65534);
      try {
        return await loadConfig(path, {});
      } finally {
        process.seteuid?.(0);
        process.setegid?.(0);
      }
    };
    const [issue = ""] = issuesOf(await asNobody());
    expect(issue).toMatch(
      /: cannot be read by .*\(?uid 65534\)?\. It has mode 0600, owner root, group root\. Fix: chown root:\w+ .* && chmod 0640 /u,
    );
    execFileSync("sh", ["-c", issue.split("Fix: ")[1] ?? "false"]);
    expect(keyOf(await asNobody())).toBe(K);
    execFileSync("chmod", ["700", directory.path]);
    const [closed = ""] = issuesOf(await asNobody());
    expect(closed).toMatch(/Its group must be able to enter \S+\. Fix: chgrp \w+ \S+ && chmod g\+x \S+\.?$/u);
    execFileSync("sh", ["-c", closed.split("Fix: ")[1] ?? "false"]);
    expect(keyOf(await asNobody())).toBe(K);
  });
});
