import type { Clock } from "../../lib/clock.ts";
import type { SyncOutcome } from "./answer/sync-outcome.ts";

/**
 * A connection that never fails would stay for ever with the host that the name meant when it was
 * made. So it is replaced at this age, ms, at most a fifth earlier or later: a fleet that connected
 * together does not reconnect together.
 */
const LIFE_MS = 300_000;
/**
 * If the connection or its replacement fails, ms. Longer than the pause between two syncs, because
 * the control plane may be overloaded.
 */
const RETRY_MS = 60_000;
/**
 * If the other end refuses an executor that it accepted before, ms at most. A fleet that is revoked
 * together does not reconnect together.
 */
const DOUBT_MS = 10_000;
/** A replacement that could not even be tried for this long counts as failed, ms. */
const PATIENCE_MS = 30_000;

/** When the connection in use is to be replaced. */
export class ConnectionAge {
  readonly #clock: Clock;
  readonly #random: () => number;
  #replaceAt = Number.POSITIVE_INFINITY;
  /** Since the connection was made, or since the other end refused. */
  #hasAccepted = false;

  /** `random` is uniform in [0, 1). */
  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  isOver(): boolean {
    return this.#clock.now() >= this.#replaceAt;
  }

  isLongOver(): boolean {
    return this.#clock.now() >= this.#replaceAt + PATIENCE_MS;
  }

  /** The connection is new. */
  restart(): void {
    this.#hasAccepted = false;
    this.#replaceAt = this.#clock.now() + LIFE_MS * (0.8 + 0.4 * this.#random());
  }

  /** The next exchange replaces it. */
  end(): void {
    this.#replaceAt = this.#clock.now();
  }

  /**
   * What an exchange over the connection said. If the other end no longer serves this executor,
   * perhaps the name means another host by now: a load balancer may take a server out by DNS alone,
   * and an old server may go on with a database that nobody keeps.
   */
  note({ kind }: Pick<SyncOutcome<unknown>, "kind">): void {
    if (kind === "accepted") {
      this.#hasAccepted = true;
    } else if (kind === "unreachable") {
      this.#shorten(RETRY_MS * (0.5 + this.#random()));
    } else if (this.#hasAccepted) {
      this.#hasAccepted = false;
      this.#shorten(DOUBT_MS * this.#random());
    }
  }

  /** Its replacement failed. */
  prolong(): void {
    this.#replaceAt = this.#clock.now() + RETRY_MS;
  }

  #shorten(ms: number): void {
    this.#replaceAt = Math.min(this.#replaceAt, this.#clock.now() + ms);
  }
}
