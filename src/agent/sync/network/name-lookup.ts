import { ADDRCONFIG, type LookupAddress } from "node:dns";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { Clock } from "../../../lib/clock.ts";
import { settingsVersion } from "./name-settings.ts";

/** The look-up goes on, and a later attempt gets its result. */
export class UnfinishedLookUp extends Error {
  override readonly name = "UnfinishedLookUp";
  readonly code = "lookup-unfinished";
}

type Addresses = readonly LookupAddress[];

interface Running {
  readonly startedAt: number;
  /** The version of the files that say how names are looked up, and how often it was forgotten. */
  readonly settings: string;
  readonly addresses: Promise<Addresses>;
  waiters: number;
}

/** An older look-up is not joined, ms: a module of nsswitch.conf(5) may hang for ever. */
const JOINED_FOR_MS = 60_000;
/** How long addresses count that were found after everybody had gone, ms. */
const SPARE_FOR_MS = 60_000;
/** Each one holds a thread, and Node gives look-ups half of its threads. */
const MOST_RUNNING = 3;
/** An exchange waits so long for the name of its next connection, ms; the next waits again. */
const PREPARE_MS = 1000;

/**
 * Looks up one name as the host does, with getaddrinfo(3). That cannot be cancelled, and with
 * several DNS servers and search domains it may take minutes. So nobody has to wait for its end: a
 * later attempt joins the look-up that runs, and gets what it found in between.
 */
export class NameLookUp {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #running: Running[] = [];
  #tookMs = 0;
  #epoch = 0;
  #spare: { readonly addresses: Addresses; readonly settings: string; readonly at: number } | undefined;

  /** `host` may be an address, with or without brackets. */
  constructor(host: string, clock: Clock) {
    this.#name = host.replace(/^\[(.*)\]$/u, "$1");
    this.#clock = clock;
  }

  /** Rejects with the error of getaddrinfo, or after `limitMs` with UnfinishedLookUp. */
  async addresses(limitMs: number): Promise<Addresses> {
    const family = isIP(this.#name);
    if (family !== 0) {
      return [{ address: this.#name, family }];
    }
    const startedAt = this.#clock.now();
    try {
      const settings = await this.#settings();
      return this.#takeSpare(settings) ?? (await inTime(this.#join(settings), limitMs));
    } finally {
      this.#tookMs = this.#clock.now() - startedAt;
    }
  }

  /** Looks up for the next call of `addresses`, which then need not wait. Rejects like that one. */
  async prepare(): Promise<void> {
    const settings = await this.#settings();
    const addresses = await this.addresses(PREPARE_MS);
    this.#spare = { addresses, settings, at: this.#clock.now() };
  }

  /** What was found so far, or is being looked up, no longer counts: the name may have moved. */
  forget(): void {
    this.#epoch += 1;
  }

  /** How long the last attempt waited, ms. */
  tookMs(): number {
    return this.#tookMs;
  }

  async #settings(): Promise<string> {
    return `${this.#epoch}\n${await settingsVersion()}`;
  }

  #takeSpare(settings: string): Addresses | undefined {
    const spare = this.#spare;
    this.#spare = undefined;
    const isGood = spare?.settings === settings && this.#clock.now() - spare.at <= SPARE_FOR_MS;
    return isGood ? spare.addresses : undefined;
  }

  #join(settings: string): Running {
    const newest = this.#running.at(-1);
    const isJoinable = newest?.settings === settings && this.#clock.now() - newest.startedAt <= JOINED_FOR_MS;
    if (newest !== undefined && (isJoinable || this.#running.length >= MOST_RUNNING)) {
      return newest;
    }
    // As net.connect does: only families of which this host has an address.
    const addresses = lookup(this.#name, { all: true, hints: ADDRCONFIG });
    const running: Running = { startedAt: this.#clock.now(), settings, addresses, waiters: 0 };
    this.#running.push(running);
    const end = () => void this.#running.splice(this.#running.indexOf(running), 1);
    addresses.then((found) => {
      end();
      if (running.waiters === 0) {
        this.#spare = { addresses: found, settings, at: this.#clock.now() };
      }
    }, end);
    return running;
  }
}

async function inTime(running: Running, limitMs: number): Promise<Addresses> {
  const { promise: limit, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new UnfinishedLookUp()), limitMs);
  running.waiters += 1;
  try {
    return await Promise.race([running.addresses, limit]);
  } finally {
    running.waiters -= 1;
    clearTimeout(timer);
  }
}
