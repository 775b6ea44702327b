import { mkdirSync, mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { command } from "../../support/agent/command.ts";

/** Runs a command in a folder that is gone. */
async function inDeletedFolder(words: readonly string[]) {
  const above = mkdtempSync(join(tmpdir(), "nova-gone-"));
  const gone = join(above, "gone");
  mkdirSync(gone);
  const shell = ["sh", "-c", 'cd "$1" && rmdir "$1" && shift && exec "$@"', "sh", gone];
  try {
    return await command(words, { before: shell });
  } finally {
    rmdirSync(above);
  }
}

describe.concurrent("a command in a folder that was deleted", () => {
  it.each([
    ["check", "--config", "agent.toml"],
    ["doctor", "-c", "./agent.toml"],
    ["status", "--config=agent.toml"],
    ["set-key", "-c", "../agent.toml"],
    ["run", "-c", "agent.toml"],
    ["dev", "--directory", "dev"],
  ])("%s %s %s: says so, and what to do", async (...words) => {
    const { code, stdout, stderr } = await inDeletedFolder(words);
    expect(`${stdout}${stderr}`).toMatch(
      /is a relative path, but the current folder was deleted\. Fix: cd to a folder that exists, or name the whole path/u,
    );
    expect(`${stdout}${stderr}`).not.toContain("bug");
    expect(code).toBe(1);
  });

  it("works with whole paths", async () => {
    const { stdout } = await inDeletedFolder(["check", "--config", "/nonexistent/agent.toml"]);
    expect(stdout).toContain("/nonexistent/agent.toml: does not exist");
  });
});
