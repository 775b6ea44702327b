import { Flood } from "../../lib/log/flood.ts";

/** What anybody can cause: 20 lines of a kind at once, then one a minute. */
const ANYBODY = { burst: 20, refillMs: 60_000 };
/**
 * What names a key or an executor that exists: invented ones cannot crowd it out. 100 at once, then
 * 20 a minute.
 */
const KNOWN = { burst: 100, refillMs: 3000 };
const MAX_ADDRESSES = 1000;

/** The fields of a line, as far as they decide its budget. */
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
  /** How long it took to collect them. */
  readonly durationMs: number;
  /** Different ones that they came from; at most 1000 are told apart. */
  readonly addresses: number;
}

interface HeldBack {
  readonly level: number;
  readonly since: number;
  readonly addresses: Set<string>;
  count: number;
}

/**
 * How many lines of each event are written, whatever causes them: nobody outside decides how fast
 * the log grows.
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

  /** Whether the line is to be written; otherwise it is counted. */
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

  /** What was left out since the last call, one for each event. */
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
