/** Longer pauses between two accepted syncs may have made an executor silent, ms. */
const GAP_MS = 2000;
/**
 * What a control plane hears, each other one knows after that time at the latest, ms. It is a second
 * and a transaction, and much more on a busy machine.
 */
const KNOWN_AFTER_MS = 8000;

/** After a silence of that length an executor is offline, ms. It leaves time for what is above. */
export const HEARTBEAT_TIMEOUT_MS = KNOWN_AFTER_MS + GAP_MS;

/** When the syncs of an executor were accepted. */
export class Heard {
  /** Epoch ms. */
  private times: number[] = [];
  private accepted = 0;

  /** How many so far. */
  get count(): number {
    return this.accepted;
  }

  accept(at: number): void {
    this.accepted += 1;
    this.times.push(at);
    if (this.times.length > 2000) {
      this.times.splice(0, 1000);
    }
  }

  /** Its process is stopped, which it says. */
  stop(): void {
    this.times = [];
  }

  /** Whether it was accepted so steadily before `at` that nobody may call it offline then. */
  isSteadyAt(at: number): boolean {
    const from = at - KNOWN_AFTER_MS;
    const before = this.times.filter((time) => time <= at);
    const first = before.findLastIndex((time) => time <= from);
    const within = first === -1 ? [] : [...before.slice(first), at];
    return within.length > 1 && within.every((time, n) => time - (within[n - 1] ?? time) <= GAP_MS);
  }
}
