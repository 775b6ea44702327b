import { spawn } from "node:child_process";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { otherAgents } from "../../../src/agent/cli/doctor/other-agents.ts";
import { fileWith } from "../../support/agent/loaded.ts";
import { eventually } from "../../support/eventually.ts";
import { makeKey } from "../../support/keys.ts";
import { lacks } from "../../support/requires.ts";
import { tempDir } from "../../support/temp-dir.ts";

const isRoot = process.geteuid?.() === 0;
const JUDGED = fileWith(makeKey());

/** A process that looks like an agent, and waits; `inside` is the command that starts it. */
function agentLike(...inside: readonly string[]) {
  const folder = tempDir();
  const program = join(folder, "novacula-agent");
  copyFileSync("/bin/sh", program);
  writeFileSync(join(folder, "run"), "echo started; read _\n");
  const [file = "", ...args] = [...inside, program, "run", "-c", join(folder, "own.toml")];
  const child = spawn(file, args, { cwd: folder, stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.stdin.end());
  const started = new Promise((resolve) => child.stdout.once("data", resolve));
  return { configPath: join(folder, "own.toml"), started };
}

async function found(): Promise<readonly string[]> {
  return (await otherAgents(new Set(), JUDGED)).map(({ configPath }) => configPath);
}

it("an agent of this host is found, with its agent.toml", async () => {
  const { configPath, started } = agentLike();
  await started;
  await eventually(async () => (await found()).includes(configPath), { describe: "it is found" });
});

it.skipIf(lacks("root", isRoot))("an agent in a container is not this host's, also for a user", async () => {
  const { configPath, started } = agentLike("unshare", "--pid", "--fork");
  await started;
  expect(await found()).not.toContain(configPath);
  // Only root may follow the links in /proc/PID/ns.
  process.seteuid?.(65534);
  try {
    expect(await found()).not.toContain(configPath);
  } finally {
    process.seteuid?.(0);
  }
});
