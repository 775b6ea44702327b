import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { command } from "../../support/agent/command.ts";
import { ENVIRONMENT } from "../../support/program-environment.ts";
import { CONTROL_PLANE } from "../../support/programs.ts";

const RELATIVE =
  /is a relative path, but the current folder was deleted\. Fix: cd to a folder that exists, or name the whole path/u;

/** Does it with the words that run a command in a folder that is gone. */
async function inDeletedFolder<T>(work: (before: readonly string[]) => T | Promise<T>): Promise<T> {
  const above = mkdtempSync(join(tmpdir(), "nova-gone-"));
  const gone = join(above, "gone");
  mkdirSync(gone);
  try {
    return await work(["sh", "-c", 'cd "$1" && rmdir "$1" && shift && exec "$@"', "sh", gone]);
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
    ["check", "--key-file", "key"],
  ])("%s %s %s: says so, and what to do", async (...words) => {
    const { code, stdout, stderr } = await inDeletedFolder((before) => command(words, { before }));
    expect(`${stdout}${stderr}`).toMatch(RELATIVE);
    expect(`${stdout}${stderr}`).not.toContain("bug");
    expect(code).toBe(1);
  });

  it("works with whole paths", async () => {
    const words = ["check", "--config", "/nonexistent/agent.toml"];
    const { stdout } = await inDeletedFolder((before) => command(words, { before }));
    expect(stdout).toContain("/nonexistent/agent.toml: does not exist");
  });
});

const DATABASE = { DATABASE_URL: "file:/nonexistent/cp.db" };

describe("a command of the control plane in a folder that was deleted", () => {
  it.each<[words: readonly string[], env: Readonly<Record<string, string>>]>([
    [["serve"], { DATABASE_URL: "file:cp.db" }],
    [["serve"], { ...DATABASE, MANAGEMENT_SOCKET: "run/cp.sock" }],
    [["backup", "copy.db"], DATABASE],
    [["backup", "/nonexistent/copy.db"], { DATABASE_URL: "file:./cp.db" }],
    [["migrate", "--from", "file:cp.db", "--to", "postgres:///novacula"], {}],
    [["migrate", "--from", "file:/nonexistent/cp.db", "--to-file", "url"], {}],
    [["org", "list"], { DATABASE_URL: "file:../cp.db" }],
    [["keys", "list"], { MANAGEMENT_SOCKET: "cp.sock" }],
    [["keys", "list", "--socket", "cp.sock"], {}],
  ])("%j with %j: says so, and what to do", async (words, env) => {
    const { status, stdout, stderr } = await inDeletedFolder(([program = "", ...before]) =>
      spawnSync(program, [...before, process.execPath, CONTROL_PLANE, ...words], {
        env: { ...ENVIRONMENT, ...env },
        encoding: "utf8",
      }),
    );
    expect(`${stdout}${stderr}`).toMatch(RELATIVE);
    expect(`${stdout}${stderr}`).not.toContain("bug");
    expect(status).toBe(1);
  });
});
