import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { keyFingerprint } from "../../../src/protocol/fingerprint.ts";
import { agentHome, startAgent } from "../../support/agent/agent-process.ts";
import { startFaultyServer } from "../../support/agent/faulty-server.ts";
import { eventually } from "../../support/eventually.ts";
import { makeKey } from "../../support/keys.ts";
import { onlyFor } from "../../support/only-for.ts";
import { lacks } from "../../support/requires.ts";
import { temporaryDirectory } from "../../support/temp-dir.ts";

const NOBODY = 65534;
const isRoot = process.geteuid?.() === 0;

/** What the system does not tell of is found all the same, by the agent's own look. */
describe.concurrent("a change that nobody is notified of", () => {
  it.skipIf(lacks("root, to mount", isRoot))("a file that is mounted over", async () => {
    await using scene = await setSilentScene({ wrapper: ["unshare", "-m", "--propagation", "private"] });
    const { agent, directory, home, after } = scene;
    const other = join(directory, "other.toml");
    writeFileSync(other, after.text, { mode: 0o600 });
    const inside = ["-t", String(agent.pid), "-m", "mount", "--bind", other, home.configPath];
    execFileSync("nsenter", inside);
    const changedAtMs = performance.now();
    await agent.waitForStatus(({ key }) => key?.fingerprint === after.fingerprint);
    expect(performance.now() - changedAtMs).toBeLessThan(20_000);
  });

  it.skipIf(lacks("root, to be another user", isRoot))(
    "in a folder that the agent may not list: said once, and looked at each second",
    async () => {
      await using scene = await setSilentScene({ uid: NOBODY });
      const { agent, home, after } = scene;
      const degraded = await agent.waitForLine("watch.degraded");
      expect(degraded).toMatchObject({ level: "debug", message: expect.stringContaining("EACCES") });
      unlinkSync(home.configPath);
      await agent.waitForLine("config.invalid", /does not exist/);
      writeFileSync(home.configPath, after.text, { mode: 0o600 });
      chownSync(home.configPath, NOBODY, NOBODY);
      const changedAtMs = performance.now();
      await agent.waitForStatus(({ key }) => key?.fingerprint === after.fingerprint);
      expect(performance.now() - changedAtMs).toBeLessThan(3000);
      expect(agent.lines.filter(({ event }) => event === degraded.event)).toEqual([degraded]);
    },
  );
});

/** An agent that is online with a key in a folder that is root's, and a text with another key that is accepted too. */
async function setSilentScene(options: { readonly wrapper?: readonly string[]; readonly uid?: number }) {
  const directory = temporaryDirectory();
  const server = await startFaultyServer();
  const [old, fresh] = [makeKey(), makeKey()];
  const folder = join(directory.path, "etc");
  mkdirSync(folder);
  const home = agentHome(directory.path, join(folder, "agent.toml"));
  const settings = { url: server.url, level: "debug" };
  home.write({ ...settings, key: old });
  server.respond(onlyFor([old, fresh]));
  if (options.uid !== undefined) {
    for (const path of [directory.path, home.dataDir, home.configPath]) {
      chownSync(path, NOBODY, NOBODY);
    }
    chmodSync(folder, 0o711);
  }
  const agent = startAgent({ ...home, ...options });
  // The watcher is ready, and has read the files once more, by the time of the fourth sync.
  await eventually(() => server.requests.length >= 4, { describe: "four syncs", timeoutMs: 20_000 });
  return {
    agent,
    directory: directory.path,
    home,
    after: { text: home.toml({ ...settings, key: fresh }), fingerprint: keyFingerprint(fresh) },
    async [Symbol.asyncDispose]() {
      await agent[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      directory.remove();
    },
  };
}
