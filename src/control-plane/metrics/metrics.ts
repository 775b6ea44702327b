import type { Counter, Gauge, Histogram, Registry } from "prom-client";
import { SYNC_RESULTS, type SyncResult } from "./sync-result.ts";

const PREFIX = "novacula_";
/** In seconds. */
const SYNC_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const FLUSH_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What is looked up each time that somebody reads the metrics. */
interface Levels {
  /** Executors that synced within the heartbeat timeout. */
  online(): number;
  /** How often executors are asked to sync. */
  syncIntervalMs(): number;
  /** Key uses, heartbeats and reports that are not written yet. */
  pendingWrites(): number;
  /** Whether requests should come here. */
  isReady(): boolean;
}

/**
 * Figures for Prometheus. None has a label that names a key, an executor or an address: those would
 * make a series each, and outsiders choose how many there are.
 */
export class Metrics {
  readonly #registry: Registry;
  readonly #requests: Counter<"result">;
  readonly #seconds: Histogram;
  readonly #flushes: Histogram;
  readonly #storeErrors: Counter;
  readonly #levels: readonly (readonly [Gauge, (levels: Levels) => number])[];
  #source: Levels | undefined;

  private constructor(prom: typeof import("prom-client"), version: string) {
    const registry = new prom.Registry();
    const registers = [registry];
    prom.collectDefaultMetrics({ register: registry });
    this.#registry = registry;
    this.#requests = new prom.Counter({
      name: `${PREFIX}syncs_total`,
      help: "Answered requests of executors, by result. Nearly all are syncs.",
      labelNames: ["result"],
      registers,
    });
    for (const result of SYNC_RESULTS) {
      this.#requests.inc({ result }, 0);
    }
    this.#seconds = new prom.Histogram({
      name: `${PREFIX}sync_duration_seconds`,
      help: "From a request of an executor to its answer.",
      buckets: SYNC_BUCKETS,
      registers,
    });
    this.#flushes = new prom.Histogram({
      name: `${PREFIX}flush_duration_seconds`,
      help: "One transaction that writes heartbeats and uses of keys.",
      buckets: FLUSH_BUCKETS,
      registers,
    });
    this.#storeErrors = new prom.Counter({
      name: `${PREFIX}store_errors_total`,
      help: "Requests and writes that failed because the database did.",
      registers,
    });
    const gauge = (name: string, help: string) =>
      new prom.Gauge({ name: `${PREFIX}${name}`, help, registers });
    this.#levels = [
      [gauge("executors_online", "Executors that synced in time."), ({ online }) => online()],
      [
        gauge("sync_interval_seconds", "How often executors sync, unless they are set to do it less often."),
        ({ syncIntervalMs }) => syncIntervalMs() / 1000,
      ],
      [gauge("pending_writes", "Rows that wait to be written."), ({ pendingWrites }) => pendingWrites()],
      [
        gauge("ready", "1 while requests should come here, else 0, as /readyz says."),
        ({ isReady }) => Number(isReady()),
      ],
    ];
    new prom.Gauge({
      name: `${PREFIX}info`,
      help: "Always 1.",
      labelNames: ["version"],
      registers,
    }).set({ version }, 1);
  }

  /** The library takes 60 ms and 16 MB, so only those who want figures load it. */
  static async create(version: string): Promise<Metrics> {
    return new Metrics(await import("prom-client"), version);
  }

  watch(levels: Levels): void {
    this.#source = levels;
  }

  answered(result: SyncResult, seconds: number): void {
    this.#requests.inc({ result });
    this.#seconds.observe(seconds);
  }

  flushed(seconds: number): void {
    this.#flushes.observe(seconds);
  }

  storeFailed(): void {
    this.#storeErrors.inc();
  }

  /** In Prometheus' text format. */
  async read(): Promise<{ readonly contentType: string; readonly text: string }> {
    if (this.#source !== undefined) {
      for (const [gauge, level] of this.#levels) {
        gauge.set(level(this.#source));
      }
    }
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}
