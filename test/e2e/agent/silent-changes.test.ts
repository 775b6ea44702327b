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

/** Generous, for a busy machine. */
const WAIT_MS = 60_000;

/**
 * The agent's own looks find what the system does not notify of. The agent's syncs are the clock of
 * these tests: two a second at most, in the same process, so a busy machine slows both.
 */
describe.concurrent("a change that nobody is notified of", { timeout: 120_000 }, () => {
  it.skipIf(lacks("root, to mount", isRoot))("a file that is mounted over", async () => {
    await using scene = await setSilentScene({ wrapper: ["unshare", "-m", "--propagation", "private"] });
    const { agent, directory, home, after } = scene;
    const other = join(directory, "other.toml");
    writeFileSync(other, after.text, { mode: 0o600 });
    const inside = ["-t", String(agent.pid), "-m", "mount", "--bind", other, home.configPath];
    execFileSync("nsenter", inside);
    // A look comes every 5 s; without looks the next reading is 28 s away.
    expect(await scene.syncsUntil(after.fingerprint)).toBeLessThan(40);
  });

  it.skipIf(lacks("root, to be another user", isRoot))(
    "in a folder that the agent may not list: said once, and looked at each second",
    async () => {
      await using scene = await setSilentScene({ uid: NOBODY });
      const { agent, home, before, after } = scene;
      const degraded = await agent.waitForLine("watch.degraded", /^/, WAIT_MS);
      expect(degraded).toMatchObject({ level: "debug", message: expect.stringContaining("EACCES") });
      unlinkSync(home.configPath);
      await agent.waitForLine("config.invalid", /does not exist/, WAIT_MS);
      // With a look in 5 s instead, all of these would have to be lucky.
      for (const { text, fingerprint } of [after, before, after, before]) {
        writeFileSync(home.configPath, text, { mode: 0o600 });
        chownSync(home.configPath, NOBODY, NOBODY);
        expect(await scene.syncsUntil(fingerprint)).toBeLessThan(7);
      }
      expect(agent.lines.filter(({ event }) => event === degraded.event)).toEqual([degraded]);
    },
  );
});

/**
 * An agent that is online with a key in a folder that is root's, and a text with another key that is
 * accepted too.
 */
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
  await eventually(() => server.requests.length >= 4, { describe: "four syncs", timeoutMs: WAIT_MS });
  return {
    agent,
    directory: directory.path,
    home,
    before: { text: home.toml({ ...settings, key: old }), fingerprint: keyFingerprint(old) },
    after: { text: home.toml({ ...settings, key: fresh }), fingerprint: keyFingerprint(fresh) },
    /** How many syncs with another key there are before the first one with this key. */
    async syncsUntil(fingerprint: string) {
      const from = server.requests.length;
      const index = () =>
        server.requests.findIndex((each, n) => n >= from && each.keyFingerprint === fingerprint);
      await eventually(() => index() >= 0, { describe: "the key is used", timeoutMs: WAIT_MS });
      return index() - from;
    },
    async [Symbol.asyncDispose]() {
      await agent[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      directory.remove();
    },
  };
}
