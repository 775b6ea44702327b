import type { Logger } from "pino";

/** A broken program may not be able to stop in order. */
const CRASH_LIMIT_MS = 10_000;

/**
 * Resolves with the first SIGTERM or SIGINT; a second one then ends the process as it would by
 * default. Rejects with an error that nobody caught, which the log has by then: Node itself would
 * print its text, an outsider's perhaps, raw.
 */
export function untilShutdown(logger: Logger): Promise<NodeJS.Signals> {
  return new Promise((resolve, reject) => {
    const onSignal = (signal: NodeJS.Signals) => {
      process.off("SIGTERM", onSignal).off("SIGINT", onSignal);
      resolve(signal);
    };
    process.on("SIGTERM", onSignal).on("SIGINT", onSignal);
    process.on("uncaughtException", (error) => {
      logger.fatal({ event: "bug", err: error }, "stopping through a bug of ours: please report it");
      setTimeout(() => process.kill(process.pid, "SIGKILL"), CRASH_LIMIT_MS).unref();
      reject(error);
    });
  });
}
