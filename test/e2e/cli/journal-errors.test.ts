import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { makeKey } from "../../support/keys.ts";
import { ENVIRONMENT } from "../../support/program-environment.ts";
import { AGENT, CONTROL_PLANE } from "../../support/programs.ts";
import { tempDir } from "../../support/temp-dir.ts";

/** With $JOURNAL_STREAM as systemd sets it for the descriptor (systemd.exec(5)). */
async function inJournal(descriptor: 1 | 2, program: string, ...words: readonly string[]) {
  const script = `JOURNAL_STREAM=$(stat -L -c %d:%i /proc/$$/fd/${descriptor}) exec "$0" "$@"`;
  const child = spawn("sh", ["-c", script, process.execPath, program, ...words], {
    env: ENVIRONMENT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const closed = once(child, "close");
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await closed;
  return { code: child.exitCode, stdout, stderr };
}

describe("in the journal, an error on stderr has its priority on each line", () => {
  it.each([
    [AGENT, ["run", "--bogus"], "novacula-agent: unknown option '--bogus'"],
    [AGENT, ["runn"], "novacula-agent: unknown command 'runn'"],
    [CONTROL_PLANE, ["serve", "--bogus"], "novacula-control-plane: unknown option '--bogus'"],
    [CONTROL_PLANE, ["org", "list", "--socket", "/nonexistent/x.sock"], "novacula-control-plane"],
  ])("%s %j", async (program, words, said) => {
    const { code, stderr } = await inJournal(2, program, ...words);
    expect(code).not.toBe(0);
    const lines = stderr.trimEnd().split("\n");
    expect(lines[0]).toContain(`<3>${said}`);
    expect(lines.filter((line) => !line.startsWith("<3>"))).toEqual([]);
  });

  it("but not as JSON, which a program reads", async () => {
    const { stderr } = await inJournal(2, CONTROL_PLANE, "org", "list", "--socket", "/nonexistent", "--json");
    expect(() => JSON.parse(stderr)).not.toThrow();
  });
});

it("a start that failed ends with the command as it is", async () => {
  const path = join(tempDir(), "agent.toml");
  writeFileSync(
    path,
    `[agent]\ndata_dir = "${tempDir()}"\nruntime_dir = "/proc/none"\n[control_plane]\nurl = "http://127.0.0.1:9"\naccess_token = "${makeKey()}"\n`,
    { mode: 0o600 },
  );
  const { code, stdout } = await inJournal(1, AGENT, "run", "--config", path);
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /^<3>agent\.not-started: Not started\. Cannot create agent\.runtime_dir \/proc\/none/m,
  );
  expect(stdout).toMatch(/ \/proc\/none\n$/);
});
