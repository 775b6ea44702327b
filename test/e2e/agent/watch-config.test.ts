import { chmodSync, renameSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Loaded, loadConfig } from "../../../src/agent/config/load-config.ts";
import { ConfigWatcher } from "../../../src/agent/daemon/watch/watch-config.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { agentHome } from "../../support/agent/agent-process.ts";
import { eventually } from "../../support/eventually.ts";
import { makeKey } from "../../support/keys.ts";
import { temporaryDirectory } from "../../support/temp-dir.ts";

/** A watcher on real files, in this process; `delivered` has what it gave away, and when. */
async function watching(clock = systemClock) {
  const directory = temporaryDirectory();
  const home = agentHome(directory.path);
  const secret = makeKey();
  const settings = { url: "http://127.0.0.1:9", key: secret };
  home.write(settings);
  let reads = 0;
  const load = () => {
    reads += 1;
    return loadConfig(home.configPath, {});
  };
  const initial = await load();
  const delivered: { readonly loaded: Loaded; readonly atMs: number }[] = [];
  const watcher = new ConfigWatcher({
    load,
    deliver: (loaded) => void delivered.push({ loaded, atMs: performance.now() }),
    initial,
    clock,
    onDegraded: () => {},
  });
  const controller = new AbortController();
  const running = watcher.run(controller.signal);
  return {
    directory: directory.path,
    home,
    settings,
    watcher,
    delivered,
    reads: () => reads,
    async [Symbol.asyncDispose]() {
      controller.abort();
      await running;
      directory.remove();
    },
  };
}

function pause(ms: number): Promise<void> {
  const until = performance.now() + ms;
  return eventually(() => performance.now() >= until, { describe: "time", timeoutMs: ms + 5000 }).then(
    () => {},
  );
}

describe.concurrent("a watched configuration", () => {
  it("is delivered once, 0.4 s after it came to rest", async () => {
    await using watch = await watching();
    await pause(300);
    const from = performance.now();
    watch.home.write({ ...watch.settings, key: makeKey() });
    await eventually(() => watch.delivered.length > 0, { describe: "the change" });
    const [first] = watch.delivered;
    expect((first?.atMs ?? 0) - from).toBeGreaterThanOrEqual(390);
    // Without a hint, the files are read every 30 s, and looked at every 5 s.
    expect((first?.atMs ?? 0) - from).toBeLessThan(5000);
    expect(first?.loaded.verdict).toBe("usable");
    await pause(1200);
    expect(watch.delivered).toHaveLength(1);
  });

  it("is not delivered for a touch, a chmod, or the same text again", async () => {
    await using watch = await watching();
    const { home, settings } = watch;
    utimesSync(home.configPath, 1, 1);
    chmodSync(home.configPath, 0o640);
    home.write(settings);
    renameSync(home.configPath, `${home.configPath}.old`);
    home.write(settings);
    await pause(2500);
    expect(watch.delivered).toEqual([]);
  });

  it("that is damaged for less than a second is not worth a word; for longer, it is", async () => {
    await using watch = await watching();
    const { home, settings } = watch;
    unlinkSync(home.configPath);
    await pause(600);
    home.write(settings);
    await pause(1500);
    expect(watch.delivered).toEqual([]);
    const from = performance.now();
    writeFileSync(home.configPath, "[");
    await eventually(() => watch.delivered.length > 0, { describe: "the damage" });
    expect((watch.delivered[0]?.atMs ?? 0) - from).toBeGreaterThanOrEqual(990);
    expect(watch.delivered[0]?.loaded.verdict).toBe("invalid");
  });

  it("is taken at once when somebody says that it is done", async () => {
    await using watch = await watching();
    writeFileSync(watch.home.configPath, "[");
    await watch.watcher.readNow();
    expect(watch.delivered.map(({ loaded }) => loaded.verdict)).toEqual(["invalid"]);
  });

  it("that is at rest is settled at once: no time has to pass for it", async () => {
    await using watch = await watching({ ...systemClock, now: () => 0 });
    await watch.watcher.settled(new AbortController().signal);
    expect(watch.delivered).toEqual([]);
  });

  it("that just changed is settled when it has been delivered", async () => {
    await using watch = await watching();
    const never = new AbortController().signal;
    watch.home.write({ ...watch.settings, key: makeKey() });
    await watch.watcher.settled(never);
    expect(watch.delivered).toHaveLength(1);
  });

  it("whose key file is cut off gets the time that damage gets: it is most likely half written", async () => {
    await using watch = await watching();
    const { home, settings } = watch;
    const keyFile = join(watch.directory, "key");
    writeFileSync(keyFile, settings.key);
    home.write({ url: settings.url, keyFile });
    await eventually(() => watch.delivered.length === 1, { describe: "the move to a key file" });
    const fresh = makeKey();
    writeFileSync(keyFile, fresh.slice(0, 40));
    await pause(700);
    writeFileSync(keyFile, fresh);
    await eventually(() => watch.delivered.length === 2, { describe: "the key file's change" });
    const last = watch.delivered[1]?.loaded;
    expect(last?.verdict === "usable" ? last.findings.map(({ code }) => code) : last?.verdict).not.toContain(
      "unusual-length",
    );
  });

  it("is read again only when something has happened to it", async () => {
    await using watch = await watching();
    await pause(500);
    const before = watch.reads();
    await pause(4000);
    expect(watch.reads() - before).toBe(0);
    utimesSync(watch.home.configPath, 1, 1);
    await eventually(() => watch.reads() > before, { describe: "a read" });
  });
});
