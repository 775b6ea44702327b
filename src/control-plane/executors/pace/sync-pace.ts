import { duration } from "../../../lib/duration.ts";
import type { Logger } from "../../log/logger.ts";

/** How often executors sync unless they are asked to do it less often, and what is added, ms. */
const STEP_MS = 5000;
/** Executors obey no longer interval, ms. */
const MOST_MS = 300_000;
/** They are asked for a shorter one only when it would use this part of what is allowed. */
const USED_AFTER = 0.8;
/** What an executor adds to its interval at most, by chance. */
const MOST_JITTER = 1.05;

export interface HeartbeatTimeout {
  /** An executor that has not synced for longer is offline, ms. */
  readonly timeoutMs: number;
}

interface SyncPaceDeps {
  /** Of a fleet that syncs every 5 s, ms. */
  readonly heartbeatTimeoutMs: number;
  readonly maxSyncsPerSecond: number;
  readonly logger: Logger;
}

/**
 * How often executors are asked to sync, so that a fleet that grows slows down before this process
 * is too slow for it. Every time that belongs to the fleet is stretched by the same factor.
 */
export class SyncPace implements HeartbeatTimeout {
  readonly #deps: SyncPaceDeps;
  #intervalMs = STEP_MS;
  /** When all executors have heard of this interval, because none waits for an earlier one. */
  #heardAt = Number.NEGATIVE_INFINITY;

  constructor(deps: SyncPaceDeps) {
    this.#deps = deps;
  }

  /** What `syncIntervalMs` says; null: each executor's own interval. */
  get askedIntervalMs(): number | null {
    return this.#intervalMs === STEP_MS ? null : this.#intervalMs;
  }

  get intervalMs(): number {
    return this.#intervalMs;
  }

  /** By how much the fleet is slower than one that syncs every 5 s. */
  get factor(): number {
    return this.#intervalMs / STEP_MS;
  }

  get timeoutMs(): number {
    return this.#deps.heartbeatTimeoutMs * this.factor;
  }

  /** Begins with a fleet of that size, which another process has told its interval. */
  begin(executors: number): void {
    this.#intervalMs = Math.max(this.#intervalMs, this.#intervalFor(executors));
  }

  /**
   * Follows the number of executors that are online. `now` is monotonic, ms. A longer interval
   * holds at once. A shorter one comes step by step, each once all have heard of the one before:
   * the timeout must not become shorter than the interval that some executors still wait for.
   */
  follow(executors: number, now: number): void {
    const before = this.#intervalMs;
    const shorter = Math.max(this.#intervalFor(executors / USED_AFTER), inSteps(before / 2));
    const least = now >= this.#heardAt ? Math.min(before, shorter) : before;
    const next = Math.max(this.#intervalFor(executors), least);
    if (next === before) {
      return;
    }
    this.#intervalMs = next;
    this.#heardAt = Math.max(this.#heardAt, now + before * MOST_JITTER);
    const { logger, maxSyncsPerSecond } = this.#deps;
    logger.info(
      { event: "fleet.sync-interval", executors, intervalMs: next, timeoutMs: this.timeoutMs },
      `${executors} executors are online, and at most ${maxSyncsPerSecond} syncs a second are wanted (MAX_SYNCS_PER_SECOND). ` +
        `Executors sync every ${duration(next)} now, not every ${duration(before)}, and count as offline after ${duration(this.timeoutMs)}.`,
    );
  }

  #intervalFor(executors: number): number {
    return inSteps((executors / this.#deps.maxSyncsPerSecond) * 1000);
  }
}

function inSteps(ms: number): number {
  return Math.min(MOST_MS, Math.max(STEP_MS, Math.ceil(ms / STEP_MS) * STEP_MS));
}
