import { Flood } from "../../lib/log/flood.ts";
import { EVENTS, type EventName } from "./events.ts";

const LIMITS = { burst: 20, refillMs: 300_000 };

/** Lets each event that flaps through 20 times, then once in five minutes. */
export function createFlood(now: () => number) {
  const flood = new Flood(LIMITS, now);
  return {
    /** How many of this event were held back before it; undefined to hold this one back. */
    admit: (event: EventName): number | undefined =>
      EVENTS[event].flaps === undefined ? 0 : flood.admit(event),
  };
}
