import { EVENTS, type EventName } from "./events.ts";

const BURST = 20;
const REFILL_MS = 300_000;

/** Lets events that flap through 20 times, then once in five minutes, counting what it holds back. */
export function createFlood(now: () => number) {
  const buckets = new Map<EventName, { tokens: number; at: number; heldBack: number }>();
  return {
    /** How many of this event were held back before it; undefined to hold this one back. */
    admit(event: EventName): number | undefined {
      if (EVENTS[event].flaps === undefined) return 0;
      const at = now();
      const bucket = buckets.get(event) ?? { tokens: BURST, at, heldBack: 0 };
      const tokens = Math.min(BURST, bucket.tokens + (at - bucket.at) / REFILL_MS);
      const admitted = tokens >= 1;
      buckets.set(event, {
        tokens: admitted ? tokens - 1 : tokens,
        at,
        heldBack: admitted ? 0 : bucket.heldBack + 1,
      });
      return admitted ? bucket.heldBack : undefined;
    },
  };
}
