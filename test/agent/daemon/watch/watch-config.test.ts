import { readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Loaded } from "../../../../src/agent/config/load-config.ts";
import { FileHints } from "../../../../src/agent/daemon/watch/file-hints.ts";
import { ConfigWatcher, WATCH_CADENCE } from "../../../../src/agent/daemon/watch/watch-config.ts";
import { damagedFile, fileWith } from "../../../support/agent/loaded.ts";
import { eventually } from "../../../support/eventually.ts";
import { makeKey } from "../../../support/keys.ts";
import { tempDir } from "../../../support/temp-dir.ts";

const NEVER = new AbortController().signal;
const file = () => ({ ...fileWith(makeKey()), files: [] });
const [ONE, TWO, THREE] = [file(), file(), file()];

/** A watcher whose files say what the test says, and that nothing tells of a change. */
function watching(initial: Loaded) {
  const state = { file: initial, reads: 0, slow: async () => {} };
  const delivered: Loaded[] = [];
  const watcher = new ConfigWatcher({
    async load(known) {
      state.reads += 1;
      const { file } = state;
      await state.slow();
      return file.digest === known.digest ? known : file;
    },
    deliver: (loaded) => void delivered.push(loaded),
    initial,
    clock: { now: () => Date.now(), wall: (at) => at, fromWall: (at) => at },
    cadence: WATCH_CADENCE,
    onDegraded: () => {},
  });
  return { watcher, state, delivered };
}

describe("files of which nothing tells that they change", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  async function start(initial: Loaded) {
    const scene = watching(initial);
    const end = new AbortController();
    const running = scene.watcher.run(end.signal);
    await vi.advanceTimersByTimeAsync(0);
    const stop = async () => {
      end.abort();
      await running;
    };
    return { ...scene, end, stop };
  }

  it("are read every half minute", async () => {
    const { state, delivered, stop } = await start(ONE);
    expect(state.reads).toBe(1);
    state.file = TWO;
    await vi.advanceTimersByTimeAsync(29_999);
    expect([state.reads, delivered]).toEqual([1, []]);
    await vi.advanceTimersByTimeAsync(1 + 399);
    expect(delivered).toEqual([]);
    await vi.advanceTimersByTimeAsync(101);
    expect(delivered).toEqual([TWO]);
    const { reads } = state;
    await vi.advanceTimersByTimeAsync(29_000);
    expect(state.reads).toBe(reads);
    await stop();
  });

  it("are delivered as they were last, when they change while they settle", async () => {
    const { state, delivered, stop } = await start(ONE);
    state.file = TWO;
    await vi.advanceTimersByTimeAsync(30_200);
    state.file = THREE;
    await vi.advanceTimersByTimeAsync(399);
    expect(delivered).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    expect(delivered).toEqual([THREE]);
    await stop();
  });

  it("are not delivered if they are back before they have settled", async () => {
    const { state, delivered, stop } = await start(ONE);
    state.file = TWO;
    await vi.advanceTimersByTimeAsync(30_200);
    state.file = ONE;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(delivered).toEqual([]);
    await stop();
  });

  it.each([
    ["damaged", { ...damagedFile(), files: [] }],
    [
      "most likely still being written",
      {
        ...TWO,
        digest: "cut",
        findings: [{ code: "unusual-length", severity: "warning", problem: "", remedy: "" }],
      },
    ],
  ] as const)("have a second, not 0.4, while they are %s", async (_what, file) => {
    const { state, delivered, stop } = await start(ONE);
    state.file = file;
    await vi.advanceTimersByTimeAsync(30_000 + 999);
    expect(delivered).toEqual([]);
    await vi.advanceTimersByTimeAsync(101);
    expect(delivered).toEqual([file]);
    await stop();
  });

  it("leave no timer behind", async () => {
    const { stop } = await start(ONE);
    await stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a slow read", () => {
  it("is not overtaken: an older content never comes after a newer one", async () => {
    const { watcher, state, delivered } = watching(ONE);
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    state.slow = () => held;
    state.file = TWO;
    const older = watcher.readNow();
    state.file = THREE;
    state.slow = async () => {};
    const newer = watcher.readNow();
    await new Promise((resolve) => setImmediate(resolve));
    expect(state.reads).toBe(1);
    release();
    await Promise.all([older, newer]);
    expect(delivered).toEqual([TWO, THREE]);
  });

  it("that fails does not keep later ones from reading", async () => {
    const { watcher, state, delivered } = watching(ONE);
    state.slow = () => Promise.reject(new Error("on purpose"));
    state.file = TWO;
    const failed = watcher.readNow();
    const next = watcher.readNow().catch(() => {});
    await expect(failed).rejects.toThrow("on purpose");
    await next;
    state.slow = async () => {};
    await watcher.readNow();
    expect(delivered).toEqual([TWO]);
  });
});

describe("what is settled", () => {
  it("is at once what has not changed", async () => {
    const { watcher } = watching(ONE);
    await watcher.settled(NEVER);
  });

  it("is a change once it has been delivered, or when the caller gives up", async () => {
    const { watcher, state, delivered } = watching(ONE);
    state.file = TWO;
    let isSettled = false;
    const settled = watcher.settled(NEVER).then(() => {
      isSettled = true;
    });
    const end = new AbortController();
    const givenUp = watcher.settled(end.signal);
    await new Promise((resolve) => setImmediate(resolve));
    expect(isSettled).toBe(false);
    end.abort();
    await givenUp;
    await watcher.readNow();
    await settled;
    expect(delivered).toEqual([TWO]);
  });
});

describe("the hints of a file that is replaced again and again", () => {
  const descriptors = () => readdirSync("/proc/self/fd").length;
  const watchers = () =>
    process.getActiveResourcesInfo().filter((resource) => /^(?:FSEvent|StatWatcher)/u.test(resource)).length;

  it("leave no listener, no look and no descriptor", async () => {
    const path = join(tempDir(), "key");
    writeFileSync(path, "0");
    // The first listener of a process opens what all others share.
    const first = new FileHints(() => expect.unreachable(), WATCH_CADENCE);
    await first.watch([path]);
    first.close();
    await eventually(() => watchers() === 0, { describe: "the first one is gone" });
    const before = { descriptors: descriptors(), watchers: watchers() };
    const hints = new FileHints(() => expect.unreachable(), WATCH_CADENCE);
    await hints.watch([path]);
    const once = { descriptors: descriptors(), watchers: watchers() };
    expect(once.watchers).toBeGreaterThan(before.watchers);
    for (let n = 1; n <= 20; n += 1) {
      writeFileSync(`${path}.new`, String(n));
      renameSync(`${path}.new`, path);
      await hints.watch([path]);
    }
    const counted = () => ({ descriptors: descriptors(), watchers: watchers() });
    const isAsBefore = (expected: typeof once) => () => {
      const now = counted();
      return now.descriptors <= expected.descriptors && now.watchers <= expected.watchers;
    };
    await eventually(isAsBefore(once), { describe: () => `as once: ${JSON.stringify([once, counted()])}` });
    hints.close();
    await eventually(isAsBefore(before), {
      describe: () => `as before: ${JSON.stringify([before, counted()])}`,
    });
  });

  it("leave nothing on the caller's signal", async () => {
    const hints = new FileHints(() => expect.unreachable(), WATCH_CADENCE);
    const end = new AbortController();
    let listeners = 0;
    const { signal } = end;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners += 1;
      addEventListener.apply(signal, args);
    };
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners -= 1;
      removeEventListener.apply(signal, args);
    };
    for (let n = 0; n < 10; n += 1) {
      await hints.next(1, signal);
    }
    expect(listeners).toBe(0);
    hints.close();
  });
});
