import type { Clock } from "../../../lib/clock.ts";
import { untilAborted } from "../../../lib/deadline.ts";
import { WaitList } from "../../../lib/wait-list.ts";
import type { Loaded } from "../../config/load-config.ts";
import { FileHints, type LookCadence } from "./file-hints.ts";

/** How often a change that has not settled is looked at, ms. */
const PENDING_LOOK_MS = 100;
/** A usable file is delivered when it has not changed for this long, ms: by then it is whole. */
const SETTLED_MS = 400;
/** Absence and damage must last, ms: an editor that removes and recreates is not worth a line. */
const SETTLED_DAMAGE_MS = 1000;

/** How often files are read or looked at although nothing tells of a change. */
export interface WatchCadence extends LookCadence {
  /** The files are read this often whatever the hints say, ms. */
  readonly readAnywayMs: number;
}

export const WATCH_CADENCE: WatchCadence = { lookMs: 5000, lookAloneMs: 1000, readAnywayMs: 30_000 };

interface ConfigWatcherDeps {
  /** Reads the files; returns `known` itself if that is what they still hold. */
  readonly load: (known: Loaded) => Promise<Loaded>;
  /** Called with every change, once it has settled. */
  readonly deliver: (loaded: Loaded) => void;
  readonly initial: Loaded;
  readonly clock: Clock;
  readonly cadence: WatchCadence;
  readonly onDegraded: (reason: string) => void;
}

/**
 * Delivers the files whenever their content differs from what was delivered last, however they were
 * changed. Hints (file-hints.ts) say when to read; every half minute the files are read anyway.
 */
export class ConfigWatcher {
  readonly #deps: ConfigWatcherDeps;
  #delivered: Loaded;
  /** A change that has not settled yet, and the moment it was seen. */
  #pending: { readonly loaded: Loaded; readonly since: number } | undefined;
  #reading: Promise<void> | undefined;
  /** Woken when no change is pending any more. */
  readonly #settled = new WaitList();

  constructor(deps: ConfigWatcherDeps) {
    this.#deps = deps;
    this.#delivered = deps.initial;
  }

  /** Watches until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { onDegraded, cadence } = this.#deps;
    const hints = new FileHints(onDegraded, cadence);
    while (!signal.aborted) {
      await this.#read(settleMs);
      await hints.watch(this.#pending?.loaded.files ?? this.#delivered.files);
      await hints.next(this.#pending === undefined ? cadence.readAnywayMs : PENDING_LOOK_MS, signal);
    }
    hints.close();
  }

  /** Reads now and delivers a change at once: SIGHUP says that the file is complete. */
  async readNow(): Promise<void> {
    await this.#read(() => 0);
  }

  /** Reads now. Resolves once a change was delivered, or there is none, or `signal` aborts. */
  async settled(signal: AbortSignal): Promise<void> {
    await untilAborted(this.#read(settleMs), signal);
    await this.#settled.until(() => this.#pending === undefined, signal);
  }

  /** One read at a time: a caller that comes while one runs waits for it and reads again. */
  async #read(settle: (loaded: Loaded) => number): Promise<void> {
    while (this.#reading !== undefined) {
      await this.#reading;
    }
    this.#reading = this.#readOnce(settle).finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  async #readOnce(settle: (loaded: Loaded) => number): Promise<void> {
    const { load, deliver, clock } = this.#deps;
    const loaded = await load(this.#pending?.loaded ?? this.#delivered);
    if (loaded.digest === this.#delivered.digest) {
      this.#pending = undefined;
    } else if (this.#pending?.loaded.digest !== loaded.digest) {
      this.#pending = { loaded, since: clock.now() };
    }
    if (this.#pending !== undefined && clock.now() - this.#pending.since >= settle(loaded)) {
      this.#delivered = this.#pending.loaded;
      this.#pending = undefined;
      deliver(this.#delivered);
    }
    if (this.#pending === undefined) {
      this.#settled.wake();
    }
  }
}

/** A key that looks cut off counts as damage: most likely it is still being written. */
function settleMs(loaded: Loaded): number {
  const looksWhole =
    loaded.verdict === "usable" && !loaded.findings.some((finding) => finding.code === "unusual-length");
  return looksWhole ? SETTLED_MS : SETTLED_DAMAGE_MS;
}
