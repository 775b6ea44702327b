import type { Logger } from "../log/logger.ts";
import type { Store } from "./contract/store.ts";

const INTERVAL_MS = 1000;

/** Logs once that the store cannot be relied on, with the remedy, and once that it can be again. */
export function watchStore(store: Store, logger: Logger): { stop(): void } {
  let said: string | undefined;
  const look = () => {
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
  const timer = setInterval(look, INTERVAL_MS);
  return { stop: () => clearInterval(timer) };
}
