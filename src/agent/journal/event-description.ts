import type { EventDescription as Description } from "../../lib/log/event-description.ts";

/** What an event means: see events.ts. */
export interface EventDescription extends Description {
  /**
   * Set if a control plane's answers can cause the event again and again: the journal lets 20
   * through, then one in 5 minutes, and counts the rest.
   */
  readonly flaps?: true;
}
