import type { Clock } from "../../lib/clock.ts";
import { delay } from "../../lib/delay.ts";
import type { Notifier } from "../../lib/systemd/notifier.ts";

/** How late the loop may be before systemd is left to restart the agent, ms. */
const OVERDUE_MS = 30_000;

/** Feeds systemd's watchdog for as long as the agent's loop turns, whatever the network does. */
export class Watchdog {
  readonly #notifier: Notifier;
  readonly #clock: Clock;
  #turnDueBy = Number.POSITIVE_INFINITY;

  constructor(notifier: Notifier, clock: Clock) {
    this.#notifier = notifier;
    this.#clock = clock;
  }

  /** The loop turns again in `ms`. */
  expectTurnIn(ms: number): void {
    this.#turnDueBy = this.#clock.now() + Math.max(0, ms) + OVERDUE_MS;
  }

  /** Runs until `signal` aborts, also if systemd asks for no watchdog. */
  async run(signal: AbortSignal): Promise<void> {
    const { watchdogIntervalMs } = this.#notifier;
    while (!signal.aborted) {
      await delay(watchdogIntervalMs ?? Infinity, signal);
      if (!signal.aborted && this.#clock.now() < this.#turnDueBy) {
        this.#notifier.watchdog();
      }
    }
  }
}
