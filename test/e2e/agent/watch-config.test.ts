import { chmodSync, renameSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type AgentHome, agentHome, type TomlSettings } from "../../support/agent/agent-process.ts";
import {
  HEARD_ONLY,
  startWatcher,
  stoppedClock,
  type WatcherScene,
} from "../../support/agent/watcher-scene.ts";
import { eventually } from "../../support/eventually.ts";
import { makeKey } from "../../support/keys.ts";
import { temporaryDirectory } from "../../support/temp-dir.ts";

const NEVER = new AbortController().signal;

interface Watching extends AsyncDisposable {
  readonly directory: string;
  readonly home: AgentHome;
  readonly settings: TomlSettings;
  readonly watch: WatcherScene;
}

/** An agent.toml with a usable key, and a watcher of it. */
async function watching(options: Parameters<typeof startWatcher>[1] = {}): Promise<Watching> {
  const directory = temporaryDirectory();
  const home = agentHome(directory.path);
  const settings = { url: "http://127.0.0.1:9", key: makeKey() };
  home.write(settings);
  const watch = await startWatcher(home.configPath, options);
  return {
    directory: directory.path,
    home,
    settings,
    watch,
    async [Symbol.asyncDispose]() {
      await watch[Symbol.asyncDispose]();
      directory.remove();
    },
  };
}

function deliveries({ delivered }: WatcherScene, count: number): Promise<unknown> {
  return eventually(() => delivered.length >= count, {
    describe: `${count} deliveries`,
    timeoutMs: 20_000,
  });
}

describe.concurrent("a watched configuration", () => {
  it("is delivered once, when it has rested for 0.4 s, and no look is needed for it", async () => {
    const clock = stoppedClock();
    await using scene = await watching({ clock, cadence: HEARD_ONLY });
    const { watch, home, settings } = scene;
    home.write({ ...settings, key: makeKey() });
    await watch.seen();
    clock.pass(399);
    await watch.seen();
    expect(watch.delivered).toEqual([]);
    clock.pass(1);
    await deliveries(watch, 1);
    expect(watch.delivered[0]?.verdict).toBe("usable");
    clock.pass(10_000);
    await watch.watcher.settled(NEVER);
    expect(watch.delivered).toHaveLength(1);
  });

  it("is not delivered for a touch, a chmod, or the same text again", async () => {
    const clock = stoppedClock();
    await using scene = await watching({ clock });
    const { home, settings, watch } = scene;
    utimesSync(home.configPath, 1, 1);
    chmodSync(home.configPath, 0o640);
    home.write(settings);
    renameSync(home.configPath, `${home.configPath}.old`);
    home.write(settings);
    await watch.watcher.settled(NEVER);
    clock.pass(10_000);
    await watch.watcher.settled(NEVER);
    expect(watch.delivered).toEqual([]);
  });

  it("that is damaged for less than a second is not worth a word; for longer, it is", async () => {
    const clock = stoppedClock();
    await using scene = await watching({ clock });
    const { home, settings, watch } = scene;
    unlinkSync(home.configPath);
    await watch.seen();
    clock.pass(999);
    await watch.seen();
    home.write(settings);
    await watch.watcher.settled(NEVER);
    clock.pass(10_000);
    await watch.watcher.settled(NEVER);
    expect(watch.delivered).toEqual([]);
    writeFileSync(home.configPath, "[");
    await watch.seen();
    clock.pass(999);
    await watch.seen();
    expect(watch.delivered).toEqual([]);
    clock.pass(1);
    await deliveries(watch, 1);
    expect(watch.delivered[0]?.verdict).toBe("invalid");
  });

  it("is taken at once when somebody says that it is done", async () => {
    await using scene = await watching({ clock: stoppedClock() });
    writeFileSync(scene.home.configPath, "[");
    await scene.watch.watcher.readNow();
    expect(scene.watch.delivered.map(({ verdict }) => verdict)).toEqual(["invalid"]);
  });

  it("that is at rest is settled at once: no time has to pass for it", async () => {
    await using scene = await watching({ clock: stoppedClock() });
    await scene.watch.watcher.settled(NEVER);
    expect(scene.watch.delivered).toEqual([]);
  });

  it("that just changed is settled when it has been delivered", async () => {
    await using scene = await watching();
    scene.home.write({ ...scene.settings, key: makeKey() });
    await scene.watch.watcher.settled(NEVER);
    expect(scene.watch.delivered).toHaveLength(1);
  });

  it("whose key file is cut off gets the time that damage gets: it is most likely half written", async () => {
    const clock = stoppedClock();
    await using scene = await watching({ clock });
    const { home, settings, directory, watch } = scene;
    const keyFile = join(directory, "key");
    writeFileSync(keyFile, settings.key ?? "");
    home.write({ url: settings.url, keyFile });
    await watch.seen();
    clock.pass(400);
    await deliveries(watch, 1);
    const fresh = makeKey();
    writeFileSync(keyFile, fresh.slice(0, 40));
    await watch.seen();
    clock.pass(999);
    await watch.seen();
    writeFileSync(keyFile, fresh);
    await watch.seen();
    clock.pass(1);
    await watch.seen();
    expect(watch.delivered).toHaveLength(1);
    clock.pass(399);
    await deliveries(watch, 2);
    const last = watch.delivered[1];
    expect(last?.verdict === "usable" ? last.findings.map(({ code }) => code) : last?.verdict).not.toContain(
      "unusual-length",
    );
  });

  it("is read again only when something has happened to it", async () => {
    await using scene = await watching();
    const { watch, home } = scene;
    const before = watch.reads();
    await pause(3000);
    expect(watch.reads()).toBe(before);
    utimesSync(home.configPath, 1, 1);
    await eventually(() => watch.reads() > before, { describe: "a read", timeoutMs: 20_000 });
  });
});
