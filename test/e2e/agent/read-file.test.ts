import { execFileSync } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { missingConfigRemedy } from "../../../src/agent/config/file/missing-config.ts";
import { CREATE } from "../../../src/agent/config/file/read-file.ts";
import { loadConfig } from "../../../src/agent/config/load-config.ts";
import { remedyText } from "../../../src/lib/text/remedy.ts";
import { minimal, rareLetters, temporaryDirectory, writeConfig } from "../../support/agent/config-file.ts";
import { issuesOf, keyOf } from "../../support/agent/loaded-config.ts";

const K = `exc_${rareLetters()}`;
const isRoot = process.geteuid?.() === 0;

const EMPTY =
  /: is empty\. Restore it from a backup: .*\. A new one needs url and access_token under \[control_plane\]\.$/u;

describe("a file that cannot be read", () => {
  it.each([
    ["does not exist", async () => {}, "does not exist. Create it, or name another file."],
    [
      "is an empty folder",
      (path: string) => mkdir(path),
      /: is a folder, not a regular file: it is empty\. Clear the place, then put the file there\. Run: (?:sudo )?rmdir \S+\/agent\.toml$/u,
    ],
    [
      "is a FIFO without a writer",
      async (path: string) => void execFileSync("mkfifo", [path]),
      "is a named pipe, not a regular file. Name a regular file.",
    ],
    [
      "is a device",
      (path: string) => symlink("/dev/null", path),
      "is a link to /dev/null, a device, not a regular file. Put a regular file in place of the link, or name another file.",
    ],
    [
      "is a dangling link",
      (path: string) => symlink("nowhere", path),
      /: is a symbolic link to \/\S+\/nowhere, which does not exist\. Create the target of the link, or fix the link\.$/u,
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
    ["is empty", (path: string) => writeFile(path, ""), EMPTY],
    ["has only line ends", (path: string) => writeFile(path, "\n \r\n"), EMPTY],
    ["has only a mark", (path: string) => writeFile(path, "\uFEFF"), EMPTY],
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

  it.each([
    ["of the same name", ["agent.toml", "x.toml"], "agent.toml"],
    ["that is the only one", ["own file.toml"], "own file.toml"],
  ])("because it is a folder with a file %s: the command takes that out", async (_which, names, meant) => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, "agent.toml");
    await mkdir(path);
    for (const name of names) {
      await writeFile(join(path, name), name === meant ? minimal(`access_token = "${K}"`) : "");
    }
    const [issue = ""] = issuesOf(await loadConfig(path, {}));
    expect(issue).toContain(`is a folder, not a regular file: it holds ${names.join(", ")}. `);
    execFileSync("sh", ["-c", issue.split("Run: ")[1]?.replaceAll("sudo ", "") ?? "false"]);
    expect(keyOf(await loadConfig(path, {}))).toBe(K);
  });

  it("because the folder of the file was named: the file in it is named, and the folder stays", async () => {
    await using directory = await temporaryDirectory();
    const path = await writeConfig(directory.path, minimal());
    const [issue = ""] = issuesOf(await loadConfig(directory.path, {}));
    expect(issue).toMatch(/it holds agent\.toml\. Name that file instead: /u);
    expect(issue.endsWith(path)).toBe(true);
  });

  it("because it is a folder with much in it: nothing of that is touched", async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, "agent.toml");
    for (const name of ["a", "b", "c", "d\u001b[31m", "e"]) {
      await mkdir(join(path, name), { recursive: true });
    }
    const [issue = ""] = issuesOf(await loadConfig(path, {}));
    expect(issue).toContain("it holds a, b, c and 2 more. Clear the place");
    execFileSync("sh", ["-c", issue.split("Run: ")[1]?.replaceAll("sudo ", "") ?? "false"]);
    expect(issuesOf(await loadConfig(path, {}))[0]).toContain("does not exist");
  });

  it.each([
    ["access_token_file", ["key"], /Name that file instead: \S+\/place\/key$/u],
    ["access_token_file", [], /Run: (?:sudo )?rmdir \S+\/place$/u],
    ["ca_file", ["place", "b.pem"], /Name that file instead: \S+\/place\/place$/u],
    ["ca_file", ["a.pem", "b.pem"], /Name the file in it that is meant\.$/u],
  ])("because %s names a folder with %j", async (setting, names, remedy) => {
    await using directory = await temporaryDirectory();
    const place = join(directory.path, "place");
    await mkdir(place);
    for (const name of names) {
      await writeFile(join(place, name), "");
    }
    const key = setting === "ca_file" ? `access_token = "${K}"\n` : "";
    const path = await writeConfig(directory.path, minimal(`${key}${setting} = "${place}"`));
    const loaded = await loadConfig(path, {});
    const said = loaded.verdict === "invalid" ? loaded.issues : loaded.findings;
    expect(said[0]?.problem).toContain("is a folder, not a regular file");
    expect(remedyText(said[0]?.remedy ?? [])).toMatch(remedy);
  });

  it("because it is not there, and an example is: the command brings it, with the package's mode", async () => {
    await using directory = await temporaryDirectory();
    const [path, example] = [join(directory.path, "agent.toml"), join(directory.path, "example.toml")];
    const unread = { code: "not-found", remedy: CREATE };
    expect(await missingConfigRemedy(path, unread, example)).toBe(CREATE);
    await writeFile(example, "");
    const remedy = remedyText(await missingConfigRemedy(path, unread, example));
    expect(remedy).toMatch(
      /^Restore it, or name another file\. .*set-key\. To begin with the example, run: /u,
    );
    expect(remedy).toMatch(new RegExp(`install -o root -g novacula -m 0640 ${example} ${path}$`, "u"));
    await mkdir(path);
    const instead = await missingConfigRemedy(path, { ...unread, isFolder: true }, example);
    expect(remedyText(instead)).toMatch(
      new RegExp(`rmdir ${path} && (?:sudo )?install .* ${example} ${path}$`, "u"),
    );
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
    expect(closed).toMatch(/That user must be able to enter \S+\. Fix: chgrp \w+ \S+ && chmod g\+x \S+\.?$/u);
    execFileSync("sh", ["-c", closed.split("Fix: ")[1] ?? "false"]);
    expect(keyOf(await asNobody())).toBe(K);
  });
});
