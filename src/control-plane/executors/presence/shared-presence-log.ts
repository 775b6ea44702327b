import type { ExecutorReader } from "../../store/contract/executors.ts";
import { StoreUnavailable } from "../../store/contract/store.ts";
import type { Arrival, Departure, PresenceLog } from "./presence-log.ts";

/** What another control plane has heard is in the store by then, ms. */
const WRITTEN_AFTER_MS = 6000;

interface Waiting<Fact> {
  readonly fact: Fact;
  /** Monotonic, ms. */
  readonly dueAt: number;
}

/**
 * For a database that several control planes use: an executor that comes or goes here may have
 * moved from, or to, another one. Tells only what the store does not know otherwise.
 */
export class SharedPresenceLog implements PresenceLog {
  private readonly log: PresenceLog;
  private readonly executors: Pick<ExecutorReader, "whereabouts">;
  private readonly monotonicNow: () => number;
  private readonly arrivals = new Map<string, Waiting<Arrival>>();
  private readonly departures = new Map<string, Waiting<Departure>>();
  private running: Promise<void> | undefined;

  constructor(log: PresenceLog, executors: Pick<ExecutorReader, "whereabouts">, monotonicNow: () => number) {
    this.log = log;
    this.executors = executors;
    this.monotonicNow = monotonicNow;
  }

  arrived(arrival: Arrival): void {
    const { id } = arrival.executor;
    this.departures.delete(id);
    if (arrival.isNew) {
      this.log.arrived(arrival);
    } else {
      this.arrivals.set(id, { fact: arrival, dueAt: this.monotonicNow() + WRITTEN_AFTER_MS });
    }
  }

  departed(departure: Departure): void {
    const { id } = departure.executor;
    this.arrivals.delete(id);
    this.departures.set(id, { fact: departure, dueAt: this.monotonicNow() });
  }

  /** Tells what is due. What cannot be looked up waits until the store answers. */
  settle(): Promise<void> {
    this.running ??= this.tellDue().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  private async tellDue(): Promise<void> {
    const arrivals = this.due(this.arrivals);
    const departures = this.due(this.departures);
    if (arrivals.length === 0 && departures.length === 0) {
      return;
    }
    const ids = [...arrivals, ...departures].map(({ executor }) => executor.id);
    const found = await this.lookUp(ids);
    if (found === undefined) {
      return;
    }
    for (const arrival of arrivals) {
      const { id } = arrival.executor;
      if (takeStill(this.arrivals, id, arrival) && found.get(id)?.isOnline !== true) {
        this.log.arrived(arrival);
      }
    }
    for (const departure of departures) {
      const { id } = departure.executor;
      const isStill = takeStill(this.departures, id, departure);
      const known = found.get(id);
      const isElsewhere = known === undefined || (known.lastSyncAt ?? 0) > departure.latestSyncAt;
      if (isStill && !isElsewhere && known.isOnline !== false) {
        this.log.departed(departure);
      }
    }
  }

  private due<Fact>(waiting: ReadonlyMap<string, Waiting<Fact>>): readonly Fact[] {
    const now = this.monotonicNow();
    return [...waiting.values()].filter(({ dueAt }) => dueAt <= now).map(({ fact }) => fact);
  }

  private async lookUp(ids: readonly string[]) {
    try {
      const all = await this.executors.whereabouts(ids);
      return new Map(all.map((each) => [each.id, each]));
    } catch (error) {
      if (error instanceof StoreUnavailable) {
        return undefined;
      }
      throw error;
    }
  }
}

/** Takes the fact, unless another one has replaced it while the store was asked. */
function takeStill<Fact>(waiting: Map<string, Waiting<Fact>>, id: string, fact: Fact): boolean {
  return waiting.get(id)?.fact === fact && waiting.delete(id);
}
