import { capitalized } from "../../lib/sentence.ts";
import type { Logger } from "../log/logger.ts";
import type { Store } from "./contract/store.ts";

const INTERVAL_MS = 1000;

/**
 * Logs once that the store cannot be relied on, or that its changes could be undone, with the
 * remedy; and once that this is over.
 */
export function watchStore(store: Store, logger: Logger): { stop(): void } {
  let said: string | undefined;
  let saidRisk: string | undefined;
  const lookForRisk = () => {
    const risk = store.risk();
    if (risk?.reason === saidRisk) {
      return;
    }
    saidRisk = risk?.reason;
    const text =
      risk === undefined
        ? "A failover loses nothing that was acknowledged now."
        : `${capitalized(risk.reason)}. Fix: ${risk.remedy}`;
    logger.warn({ event: "database.failover-risk", isAtRisk: risk !== undefined }, text);
  };
  const look = () => {
    lookForRisk();
    const problem = store.problem();
    if (problem?.reason === said) {
      return;
    }
    said = problem?.reason;
    if (problem === undefined) {
      logger.info({ event: "database.back" }, "The database is back. Requests are answered again.");
      return;
    }
    const { reason, detail, remedy } = problem;
    const more = detail === undefined ? "" : ` ${detail}`;
    logger.error(
      { event: "database.lost", reason },
      `Changes and executors get 503: ${reason}.${more} Fix: ${remedy}`,
    );
  };
  lookForRisk();
  const timer = setInterval(look, INTERVAL_MS);
  return { stop: () => clearInterval(timer) };
}
