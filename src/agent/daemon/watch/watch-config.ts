import type { Clock } from "../../../lib/clock.ts";
import type { Loaded } from "../../config/load-config.ts";
import { untilAborted } from "../../sync/network/deadline.ts";
import { createHints } from "./file-hints.ts";

/** The timing of a watch, milliseconds. */
const PENDING_LOOK_MS = 100;
const READ_ANYWAY_MS = 30_000;
/** A valid file is taken when it has not changed for this long: writers that go in steps are done by then. */
const SETTLED_MS = 400;
/** Absence and damage must last: an editor that removes and recreates is not worth a line. */
const SETTLED_DAMAGE_MS = 1000;

export interface ConfigWatcher {
  /** Watches until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** Reads now, whatever the stamps say; a change is delivered without waiting for it to settle (SIGHUP: the operator says that it is done). */
  readNow(): Promise<void>;
  /** Resolves once what the files hold now has been delivered or is what was delivered before; `signal` ends the wait. */
  settled(signal: AbortSignal): Promise<void>;
}

export interface ConfigWatcherDeps {
  /** What the files hold now; `known` itself where that is what they hold. */
  readonly load: (known: Loaded) => Promise<Loaded>;
  readonly deliver: (loaded: Loaded) => void;
  readonly initial: Loaded;
  readonly clock: Clock;
  readonly onDegraded: (reason: string) => void;
}

/**
 * Delivers the files whenever their content is not what was delivered last, whichever way they were changed.
 * Hints (file-hints.ts) say when to read; every half minute the content is read whatever they say.
 */
export function createConfigWatcher({
  load,
  deliver,
  initial,
  clock,
  onDegraded,
}: ConfigWatcherDeps): ConfigWatcher {
  let delivered = initial;
  let pending: { readonly loaded: Loaded; readonly since: number } | undefined;
  let looking: Promise<void> | undefined;
  const waiters = new Set<() => void>();

  function read(): Promise<Loaded> {
    return load(pending?.loaded ?? delivered);
  }

  async function look(): Promise<void> {
    take(await read(), settleMs);
  }

  function take(loaded: Loaded, settle: (loaded: Loaded) => number): void {
    if (loaded.digest === delivered.digest) {
      pending = undefined;
    } else if (pending?.loaded.digest !== loaded.digest) {
      pending = { loaded, since: clock.now() };
    }
    if (pending !== undefined && clock.now() - pending.since >= settle(loaded)) {
      delivered = pending.loaded;
      pending = undefined;
      deliver(delivered);
    }
    if (pending === undefined) {
      for (const wake of waiters) {
        wake();
      }
    }
  }

  /** One look at a time; who comes while one runs waits for it and looks again. */
  async function exclusively(task: () => Promise<void>): Promise<void> {
    while (looking !== undefined) {
      await looking;
    }
    looking = task().finally(() => {
      looking = undefined;
    });
    await looking;
  }

  return {
    async run(signal) {
      const hints = createHints({ onDegraded });
      while (!signal.aborted) {
        await exclusively(look);
        await hints.watch(pending?.loaded.files ?? delivered.files);
        await hints.next(pending === undefined ? READ_ANYWAY_MS : PENDING_LOOK_MS, signal);
      }
      hints.close();
    },
    readNow: () => exclusively(async () => take(await read(), () => 0)),
    async settled(signal) {
      const look = exclusively(async () => take(await read(), settleMs));
      await untilAborted(look, signal);
      if (pending === undefined || signal.aborted) {
        return;
      }
      await new Promise<void>((resolve) => {
        const wake = () => {
          waiters.delete(wake);
          signal.removeEventListener("abort", wake);
          resolve();
        };
        waiters.add(wake);
        signal.addEventListener("abort", wake);
      });
    },
  };
}

/** A key that looks cut off is taken like damage: it is most likely half of one that is still being written. */
function settleMs(loaded: Loaded): number {
  const looksWhole =
    loaded.verdict === "usable" && !loaded.findings.some((finding) => finding.code === "unusual-length");
  return looksWhole ? SETTLED_MS : SETTLED_DAMAGE_MS;
}
