import { mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { listenFor } from "../../../src/agent/daemon/watch/file-listeners.ts";
import { keyFingerprint } from "../../../src/protocol/fingerprint.ts";
import { agentHome, startAgent } from "../../support/agent/agent-process.ts";
import { startFaultyServer } from "../../support/agent/faulty-server.ts";
import { LACKS_FUSE, serveFolder } from "../../support/fuse-folder.ts";
import { makeKey } from "../../support/keys.ts";
import { onlyFor } from "../../support/only-for.ts";
import { temporaryDirectory } from "../../support/temp-dir.ts";

/** Generous, for a busy machine. */
const WAIT_MS = 60_000;

interface Folders {
  /** What the other host has, and where it is seen here. */
  readonly source: string;
  readonly mounted: string;
  readonly local: string;
}

interface KeyPlace {
  /** Makes the key file, and gives its path as the agent has it. */
  make(folders: Folders, key: string): string;
  change(folders: Folders, key: string): void;
}

const KEY_PLACES: Readonly<Record<string, KeyPlace>> = {
  "a file": {
    make({ source, mounted }, key) {
      writeFileSync(join(source, "key"), key, { mode: 0o600 });
      return join(mounted, "key");
    },
    change: ({ source }, key) => writeFileSync(join(source, "key"), key),
  },
  "a file that a local link leads to": {
    make({ source, mounted, local }, key) {
      writeFileSync(join(source, "key"), key, { mode: 0o600 });
      symlinkSync(join(mounted, "key"), join(local, "key"));
      return join(local, "key");
    },
    change: ({ source }, key) => writeFileSync(join(source, "key"), key),
  },
  "a link to a local file": {
    make({ source, mounted, local }, key) {
      writeFileSync(join(local, "old"), key, { mode: 0o600 });
      symlinkSync(join(local, "old"), join(source, "key"));
      return join(mounted, "key");
    },
    change({ source, local }, key) {
      writeFileSync(join(local, "new"), key, { mode: 0o600 });
      symlinkSync(join(local, "new"), join(source, "next"));
      renameSync(join(source, "next"), join(source, "key"));
    },
  },
};

/**
 * The devices, as the kernel writes them, that the process has inotify listeners on:
 * proc_pid_fdinfo(5).
 */
function listenedDevices(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fdinfo`;
  const infos = readdirSync(folder).map((fd) => {
    try {
      return readFileSync(join(folder, fd), "utf8");
    } catch {
      // Closed in the meantime.
      return "";
    }
  });
  const found = infos.join("").matchAll(/^inotify wd:\S+ ino:\S+ sdev:(\S+) /gm);
  return [...new Set(Array.from(found, ([, device]) => device ?? ""))];
}

describe.skipIf(LACKS_FUSE)("a key on a file system that a program serves", () => {
  it.for(Object.entries(KEY_PLACES))(
    "%s: is looked at, not listened to, and may begin to hang",
    {
      timeout: 240_000,
    },
    async ([, keyPlace]) => {
      await using scene = new AsyncDisposableStack();
      const directory = scene.use(temporaryDirectory());
      const [source = "", mounted = "", local = ""] = ["source", "mounted", "local"].map((name) =>
        join(directory.path, name),
      );
      for (const folder of [source, mounted, local]) {
        mkdirSync(folder);
      }
      const server = scene.use(await startFaultyServer());
      const [old, fresh] = [makeKey(), makeKey()];
      server.respond(onlyFor([old, fresh]));
      const served = scene.use(await serveFolder(source, mounted));
      const folders = { source, mounted, local };
      const home = agentHome(directory.path);
      const keyFile = keyPlace.make(folders, old);
      home.write({ url: server.url, keyFile, level: "debug" });
      const agent = scene.use(startAgent({ ...home, environment: { INVOCATION_ID: "test" } }));
      await agent.waitForLine("key.accepted", /^/, WAIT_MS);
      // So the agent looks each second, and not every five.
      const { listeners, hearAll } = await listenFor(keyFile, () => {}, new AbortController().signal);
      for (const listener of listeners) {
        await listener.close();
      }
      expect(hearAll).toBe(false);

      keyPlace.change(folders, fresh);
      await agent.waitForStatus(({ key }) => key?.fingerprint === keyFingerprint(fresh), WAIT_MS);
      // That of all other files.
      expect(listenedDevices(agent.pid)).toHaveLength(1);
      expect(agent.lines.map(({ event }) => event)).not.toContain("watch.degraded");

      served.stop();
      await agent.post("reload");
      const line = await agent.waitForLine("key.unusable", /^/, WAIT_MS);
      expect(line.message).toContain(`${keyFile} has not answered since `);
      expect(await agent.status()).toMatchObject({ state: "online" });
      expect(await agent.stop()).toBe(0);
      expect(served.isMounted()).toBe(true);
    },
  );
});
