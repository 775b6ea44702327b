import { type Loaded, loadConfig } from "../../../src/agent/config/load-config.ts";
import {
  ConfigWatcher,
  WATCH_CADENCE,
  type WatchCadence,
} from "../../../src/agent/daemon/watch/watch-config.ts";
import { type Clock, systemClock } from "../../../src/lib/clock.ts";
import { eventually } from "../eventually.ts";

const DAY_MS = 86_400_000;
const WAIT_MS = 20_000;

/** Nothing but a notification of the system leads to a read: no look, and no read anyway. */
export const HEARD_ONLY: WatchCadence = { ...WATCH_CADENCE, lookMs: DAY_MS, readAnywayMs: DAY_MS };

/** A clock that moves only if the test moves it. */
export function stoppedClock(): Clock & { pass(ms: number): void } {
  let nowMs = 0;
  return {
    ...systemClock,
    now: () => nowMs,
    pass(ms) {
      nowMs += ms;
    },
  };
}

export interface WatcherScene extends AsyncDisposable {
  readonly watcher: ConfigWatcher;
  /** Everything that was delivered, oldest first. */
  readonly delivered: readonly Loaded[];
  /** How many reads of the files have begun. */
  reads(): number;
  /** Resolves once what the files hold now has been read. */
  seen(): Promise<void>;
}

/** A watcher of `configPath` in this process, on the real file. Resolves once it listens. */
export async function startWatcher(
  configPath: string,
  {
    clock = systemClock,
    cadence = WATCH_CADENCE,
  }: { readonly clock?: Clock; readonly cadence?: WatchCadence } = {},
): Promise<WatcherScene> {
  let reads = 0;
  const load = () => {
    reads += 1;
    return loadConfig(configPath, {});
  };
  const initial = await load();
  const delivered: Loaded[] = [];
  const watcher = new ConfigWatcher({
    load,
    deliver: (loaded) => void delivered.push(loaded),
    initial,
    clock,
    cadence,
    onDegraded: () => {},
  });
  const controller = new AbortController();
  const running = watcher.run(controller.signal);
  const until = (count: number) =>
    eventually(() => reads >= count, { describe: `${count} reads`, timeoutMs: WAIT_MS });
  // Of these reads the first is the one above, and the third comes once the listeners are there.
  await until(3);
  return {
    watcher,
    delivered,
    reads: () => reads,
    async seen() {
      // One read at a time: when the second begins, the first has ended.
      await until(reads + 2);
    },
    async [Symbol.asyncDispose]() {
      controller.abort();
      await running;
    },
  };
}
