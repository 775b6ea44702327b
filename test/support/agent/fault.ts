import type { UnreachableCause } from "../../../src/agent/sync/answer/sync-outcome.ts";
import type { Behaviour } from "./faulty-server.ts";

/** How a client must judge a fault. */
export interface ExpectedOutcome {
  readonly kind: "accepted" | "refused" | "forbidden" | "unreachable";
  readonly cause?: UnreachableCause;
  /** Retried like a refusal. */
  readonly slow?: boolean;
  readonly reason?: string;
  readonly retryAfterMs?: number;
  /** Only the client's deadline ends the exchange. */
  readonly lastsUntilDeadline?: boolean;
}

export interface Fault {
  readonly name: string;
  readonly behaviour: Behaviour;
  readonly expected: ExpectedOutcome;
}

/** A row of the tables that FAULTS is made of. */
export type FaultRow = readonly [name: string, behaviour: Behaviour, expected: ExpectedOutcome];

export function unreachable(cause: UnreachableCause, more: Partial<ExpectedOutcome> = {}): ExpectedOutcome {
  return { kind: "unreachable", cause, ...more };
}
