import { Flood } from "../../lib/log/flood.ts";

/** For lines that anybody can cause: a burst of 20 for each event, then one a minute. */
const ANYBODY = { burst: 20, refillMs: 60_000 };
/**
 * For lines that name an existing key or executor, so that invented ones cannot crowd them out: a
 * burst of 100 for each event, then 20 a minute.
 */
const KNOWN = { burst: 100, refillMs: 3000 };
const MAX_ADDRESSES = 1000;

/** The fields of a line that decide which budget pays for it. */
export interface BudgetedFields {
  readonly event?: unknown;
  readonly keyId?: unknown;
  readonly executorId?: unknown;
  readonly address?: unknown;
}

/** Lines of one event that were not written. */
export interface LeftOut {
  readonly event: string;
  readonly level: number;
  readonly count: number;
  /** From the first of them to the report. */
  readonly durationMs: number;
  /** Distinct client addresses, counted up to 1,000. */
  readonly addresses: number;
}

interface HeldBack {
  readonly level: number;
  readonly since: number;
  readonly addresses: Set<string>;
  count: number;
}

/**
 * Limits how many lines of each event are written, so that no outsider decides how fast the log
 * grows.
 */
export class LogBudget {
  private readonly anybody: Flood;
  private readonly known: Flood;
  private readonly now: () => number;
  private heldBack = new Map<string, HeldBack>();

  constructor(now: () => number) {
    this.anybody = new Flood(ANYBODY, now);
    this.known = new Flood(KNOWN, now);
    this.now = now;
  }

  /** Returns whether to write the line; counts it if not. */
  admit(level: number, fields: BudgetedFields): boolean {
    const event = typeof fields.event === "string" ? fields.event : "";
    const isKnown = fields.keyId !== undefined || fields.executorId !== undefined;
    if ((isKnown ? this.known : this.anybody).admit(event) !== undefined) {
      return true;
    }
    const held = this.heldBack.get(event) ?? { level, since: this.now(), addresses: new Set(), count: 0 };
    held.count += 1;
    if (typeof fields.address === "string" && held.addresses.size < MAX_ADDRESSES) {
      held.addresses.add(fields.address);
    }
    this.heldBack.set(event, held);
    return false;
  }

  get hasLeftOut(): boolean {
    return this.heldBack.size > 0;
  }

  /** Returns what was left out since the last call, one entry per event. */
  takeLeftOut(): readonly LeftOut[] {
    const now = this.now();
    const leftOut = [...this.heldBack].map(([event, { level, since, addresses, count }]) => ({
      event,
      level,
      count,
      durationMs: now - since,
      addresses: addresses.size,
    }));
    this.heldBack = new Map();
    return leftOut;
  }
}
