import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { keyFingerprint } from "../../../../src/protocol/fingerprint.ts";
import { home } from "../../../support/agent/cli-scene.ts";
import { command } from "../../../support/agent/command.ts";
import { makeKey } from "../../../support/keys.ts";
import { ENVIRONMENT } from "../../../support/program-environment.ts";
import { AGENT } from "../../../support/programs.ts";

const URL = "http://127.0.0.1:1";

/**
 * Runs a line of bash in `folder`, in which `novacula-agent` is the program of this checkout. Bash
 * takes a socket on its stdin for rshd, and would read a person's .bashrc.
 */
async function bash(folder: string, line: string) {
  const script = `novacula-agent() { '${process.execPath}' '${AGENT}' "$@"; }; cd "$1"; ${line}`;
  return await promisify(execFile)("bash", ["--norc", "-c", script, "bash", folder], {
    env: ENVIRONMENT,
  }).catch((error: unknown) => error);
}

describe.concurrent("a command that reads a key once takes it from", () => {
  it.each([
    ["a process", "novacula-agent check -c agent.toml --key-file <(cat fresh)", "/dev/fd/63"],
    ["stdin by its path", "cat fresh | novacula-agent check -c agent.toml --key-file /dev/stdin", "stdin"],
    ["stdin by its descriptor", "novacula-agent check -c agent.toml --key-file /dev/fd/0 < fresh", "stdin"],
    [
      "a named pipe",
      "mkfifo pipe; cat fresh > pipe & novacula-agent check -c agent.toml --key-file pipe",
      "pipe",
    ],
  ])("%s", async (_what, line, source) => {
    using place = home();
    const [key, fresh] = [makeKey(), makeKey()];
    place.write({ url: URL, key });
    writeFileSync(join(place.folder, "fresh"), `${fresh}\n`, { mode: 0o600 });
    const result = await bash(place.folder, line);
    expect(result).toMatchObject({ stderr: "" });
    expect(result).toMatchObject({
      stdout: expect.stringContaining(`${source}: key ${keyFingerprint(fresh)} looks right.`),
    });
  });
});

describe.concurrent("check takes agent.toml from", () => {
  it.each([
    ["stdin", "novacula-agent check -c - < agent.toml", "stdin"],
    ["stdin by its path", "cat agent.toml | novacula-agent check -c /dev/stdin", "stdin"],
    ["a process", "novacula-agent check -c <(cat agent.toml)", "/dev/fd/63"],
  ])("%s, and judges nobody's rights to a pipe", async (_what, line, source) => {
    using place = home();
    const key = makeKey();
    place.write({ url: URL, key });
    const result = await bash(place.folder, line);
    expect(result).toMatchObject({
      stderr: "",
      stdout: expect.stringMatching(
        new RegExp(
          `^ok +${source} is valid: .*\\nok +${source} line \\d+: key ${keyFingerprint(key)} looks right\\.\\n$`,
          "u",
        ),
      ),
    });
  });

  it("one of two inputs only", async () => {
    const { code, stderr } = await command(["check", "-c", "-", "--key-file", "/dev/stdin"]);
    expect(code).toBe(64);
    expect(stderr).toContain("--config and --key-file cannot both read stdin");
  });

  it("stdin, which no other command does", async () => {
    const { code, stderr } = await command(["status", "-c", "-"]);
    expect(code).toBe(64);
    expect(stderr).toContain("Only `check` reads it from stdin; this command needs a file.");
  });
});
