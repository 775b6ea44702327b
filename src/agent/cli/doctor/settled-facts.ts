import { isBetweenStates, type ServiceFacts } from "../../systemd/service/service-facts.ts";

/** A service that fails at its start is in that start again after RestartSec=, which is 2 s. */
const MOST_ASKS = 9;
const PAUSE_MS = 250;

/**
 * What systemd knows of the service once it runs or has ended: while it starts, systemd does not
 * say how it ended the last time. A start that takes longer than two seconds stays as it is.
 */
export async function settledFacts(
  read: () => Promise<ServiceFacts | undefined>,
  pause: (ms: number) => Promise<void>,
): Promise<ServiceFacts | undefined> {
  let facts = await read();
  for (let asks = 1; asks < MOST_ASKS && facts !== undefined && isBetweenStates(facts); asks += 1) {
    await pause(PAUSE_MS);
    facts = await read();
  }
  return facts;
}
